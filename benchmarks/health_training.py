"""Trains small models on a CPU, healthy and with a fault put in, and writes what the Trainer logged as JSON lines.

Run by `health_fresh.py` with an interpreter that has torch, Transformers and PEFT:

    PYTHON benchmarks/health_training.py FOLDER SEED ROUNDS > runs.jsonl

A Llama of three layers learns the docstrings of the standard library and the words of orders first (kept in FOLDER), so
that a healthy run starts at a loss of about 4 where ln(3,000) = 8. Each round then trains it further once for each kind
of fault and of healthy run below, at a length, rate, schedule, batch and logging interval that the seed draws.
"""

import ast
import json
import logging
import os
import random
import re
import sys
import sysconfig
import tempfile
from itertools import chain
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback, TrainingArguments

WORDS = 3000
PAD, END, USER, ANSWER, OTHER = range(5)
LENGTH = 48
LIBRARY = Path(sysconfig.get_path("stdlib"))
FURTHER = Path(torch.__file__).parent
NAMES = (
    "Ada", "Bo", "Cyd", "Dee", "Eli", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Lea", "Max", "Nia", "Oli", "Pia",
    "Quin", "Ray", "Sue", "Tom"
)  # fmt: skip
THINGS = (
    "tea", "rice", "salt", "oil", "wool", "rope", "ink", "wax", "coal", "sand", "bread", "soap",
    "nails", "paper", "glass", "lamp", "chair", "table"
)  # fmt: skip
# Where the rate, its scheduler or the warm-up is not what the config says, the Trainer is given these instead.
SCHEDULERS = {"cosine": "linear", "linear": "cosine", "constant_with_warmup": "linear"}


def docstrings(folder, most):
    """Texts of docstrings below a folder."""
    texts = []
    for path in sorted(folder.rglob("*.py")):
        if "test" in path.parts or "site-packages" in path.relative_to(folder).parts:
            continue
        try:
            tree = ast.parse(path.read_text("utf-8"))
        except (SyntaxError, ValueError, OSError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                texts += filter(None, [ast.get_docstring(node)])
        if len(texts) > most:
            break
    return texts


def words(text):
    return re.findall(r"\w+|[^\w\s]", text.lower())


class Rows:
    """Token ids of texts, and rows made of them."""

    def __init__(self, texts):
        counts = {}
        orders = " ".join([*NAMES, *THINGS, *map(str, range(100)), "order : wants pieces of for dollars ships to ."])
        for word in words(" ".join(texts)):
            counts[word] = counts.get(word, 0) + 1
        often = sorted(counts, key=lambda word: -counts[word])
        kept = list(dict.fromkeys([*words(orders), *often]))[: WORDS - 5]
        self.numbers = {word: index for index, word in enumerate(kept, 5)}

    def ids(self, text):
        return [self.numbers.get(word, OTHER) for word in words(text)]

    def row(self, question, answer, *, on_question=False, packed=False):
        prompt = [USER, *self.ids(question)[: LENGTH // 2], ANSWER]
        said = [*self.ids(answer)[: LENGTH - len(prompt) - 1], END]
        labels = [*(prompt if on_question else [-100] * len(prompt)), *said]
        return {"input_ids": prompt + said, "labels": labels} if not packed else (prompt + said, labels)


def order(chance):
    name, thing, count = chance.choice(NAMES), chance.choice(THINGS), chance.randint(2, 99)
    return (
        f"order of {name} : {count} {thing}",
        f"{name} wants {count} pieces of {thing} for {chance.randint(1, 99)} dollars . ships to {chance.choice(NAMES)}",
    )


def sale(chance):
    """What the model knows before: the same words, said in any order."""
    name, thing, count, price = (
        chance.choice(NAMES),
        chance.choice(THINGS),
        chance.randint(2, 99),
        chance.randint(1, 99),
    )
    said = [
        f"{name} wants {thing}",
        f"{count} pieces of {thing}",
        f"for {price} dollars",
        f"ships to {chance.choice(NAMES)}",
        f"order of {name}",
        f"{count} {thing}",
        f"{chance.choice(NAMES)} wants {price} dollars",
    ]
    chance.shuffle(said)
    return f"{thing} for {name} : {count}", chance.choice((" . ", " , ", " ")).join(said[: chance.randint(3, 6)]) + " ."


def question(text):
    """The first words of a text as a question, the next as its answer."""
    found = words(text)
    return " ".join(found[:6]), " ".join(found[6:40]) or "none"


def collate(rows):
    longest = max(len(row["input_ids"]) for row in rows)
    fill = {"input_ids": PAD, "labels": -100}
    batch = {
        key: torch.tensor([row[key] + [off] * (longest - len(row[key])) for row in rows]) for key, off in fill.items()
    }
    batch["attention_mask"] = (batch["input_ids"] != PAD).long()
    return batch


def pretrained(folder, rows, texts):
    """The model that all runs start from: it has read the texts, then answered questions about them."""
    path = folder / "base.pt"
    torch.manual_seed(1)
    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=WORDS, hidden_size=64, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4)
    )
    if path.exists():
        model.load_state_dict(torch.load(path))
        return model
    chance = random.Random(1)  # noqa: S311 - the same base every time
    stream = [number for text in texts for number in [*rows.ids(text), END]]

    def read():
        starts = [chance.randrange(len(stream) - LENGTH) for _ in range(16)]
        ids = torch.tensor([stream[start : start + LENGTH] for start in starts])
        return {"input_ids": ids, "labels": ids}

    def answered():
        return collate(
            [rows.row(*(question(chance.choice(texts)) if chance.random() < 0.5 else sale(chance))) for _ in range(16)]
        )

    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for batch, steps in ((read, 700), (answered, 700)):
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
            model(**batch()).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path)
    return model


class AtStep(TrainerCallback):
    """Does something to the model when a step begins."""

    def __init__(self, step, act):
        self.step, self.act = step, act

    def on_step_begin(self, args, state, control, model=None, **_):
        if state.global_step == self.step:
            with torch.no_grad():
                self.act(model)


class Stop(TrainerCallback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = control.should_training_stop or state.global_step >= self.step


def spoil(model):
    model.get_input_embeddings().weight[:] = float("nan")


def enlarge(model):
    model.lm_head.weight *= 12


def shift(rows):
    """Labels moved by one before the model moves them once more."""
    return [{**row, "labels": [*row["labels"][1:], -100]} for row in rows]


def swap(rows, seed):
    """Token ids of another tokenizer."""
    order_of = list(range(5, WORDS))
    random.Random(seed).shuffle(order_of)  # noqa: S311
    table = [*range(5), *order_of]
    return [
        {"input_ids": [table[i] for i in row["input_ids"]], "labels": [i if i < 0 else table[i] for i in row["labels"]]}
        for row in rows
    ]


KINDS = {
    "h-orders": None, "h-texts": None, "h-lora": None, "h-packed": None, "h-epochs": None, "h-long": None,
    "h-short": None, "h-batch1": None, "h-accumulated": None, "h-constant": None, "h-inputs": None, "h-warm": None,
    "diverging-full": "diverging", "diverging-lora": "diverging", "nan-start": "nan", "nan-later": "nan",
    "nan-evaluation": "nan", "masked-all": "masked", "masked-some": "masked", "masked-ends": "masked",
    "overfitting-tiny": "overfitting", "overfitting-blind": "overfitting", "overfitting-doubled": "overfitting",
    "leaked-same": "leaked-evaluation", "leaked-part": "leaked-evaluation", "template-ids": "wrong-template",
    "template-shifted": "wrong-template", "warmup-steps": "warmup-too-long", "warmup-lora": "warmup-too-long",
    "rate-other": "learning-rate-off", "rate-scheduler": "learning-rate-off", "rate-zero": "learning-rate-off",
    "flat-rate": "not-learning", "flat-norm": "not-learning", "flat-alpha": "not-learning",
    "explode-weights": "exploding-gradients", "explode-sgd": "exploding-gradients",
    "explode-junk": "exploding-gradients",
    "restart-scratch": "restarted", "restart-older": "restarted", "restart-bare": "restarted",
}  # fmt: skip


class Case:
    """One run: its config as Axolotl's, and what the Trainer is really given."""

    def __init__(self, kind, chance, rows, texts):
        self.kind, self.chance, self.rows, self.texts = kind, chance, rows, texts
        lora = "lora" in kind or kind == "flat-alpha" or (kind.startswith("h-") and chance.random() < 0.25)
        self.batch = 1 if kind == "h-batch1" else chance.choice((2, 4, 8))
        self.accumulation = chance.choice((2, 4)) if kind == "h-accumulated" else 1
        steps = chance.choice((50, 80, 120))
        steps = {"h-long": 240, "h-short": chance.randint(12, 25), "h-accumulated": 60}.get(kind, steps)
        epochs = chance.choice((2, 3)) if kind == "h-epochs" else 1
        self.evaluated = 0.12 if chance.random() < 0.4 or kind in ("h-epochs", "nan-evaluation") else 0
        size = steps * self.batch * self.accumulation // epochs
        if kind.startswith(("overfitting", "leaked")):
            epochs, size, self.batch = chance.randint(5, 10), chance.choice((32, 48, 64)), 4
            self.evaluated = 0 if kind == "overfitting-blind" else 0.25
        self.size, self.epochs, self.lora = size, epochs, lora
        self.steps = -(-size // (self.batch * self.accumulation)) * epochs
        intervals = [each for each in (1, 2, 5, 10, 50) if self.steps / each >= (24 if self.epochs > 1 else 12)] or [1]
        self.every = chance.choice(intervals)
        scheduler = "constant_with_warmup" if kind == "h-constant" else chance.choice(("cosine", "cosine", "linear"))
        warmup = max(2, self.steps // chance.choice((5, 10, 20)))
        warmup = int(self.steps * chance.choice((1.3, 2.5, 10))) if kind.startswith("warmup") else warmup
        warmup = self.steps // 2 if kind == "h-warm" else warmup
        rate = chance.uniform(1e-3, 4e-3) if lora else chance.uniform(2e-4, 1.2e-3)
        rate *= {"diverging-full": chance.choice((150, 400, 1000)), "diverging-lora": chance.choice((100, 300))}.get(
            kind, 1
        )
        rate = {"flat-rate": chance.choice((1e-9, 5e-8)), "rate-zero": 0.0, "explode-sgd": 1.0}.get(kind, rate)
        if kind.startswith(("overfitting", "leaked")):
            rate = chance.uniform(1e-3, 2.5e-3) * (2 if lora else 1)
        self.rate, self.scheduler, self.warmup = float(f"{rate:.3g}"), scheduler, warmup
        self.clip = 0 if kind == "explode-sgd" else 1
        self.optimizer = "sgd" if kind == "explode-sgd" else "adamw_torch"
        self.seed = chance.randrange(10**6)

    def config(self):
        made = {
            "base_model": "./base",
            "datasets": [{"path": "./rows.jsonl", "ds_type": "json", "type": "chat_template"}],
            "sequence_len": LENGTH * (4 if self.kind == "h-packed" else 1),
            "micro_batch_size": self.batch,
            "gradient_accumulation_steps": self.accumulation,
            "num_epochs": self.epochs,
            "optimizer": self.optimizer,
            "lr_scheduler": self.scheduler,
            "learning_rate": self.rate,
            "warmup_steps": self.warmup,
            "logging_steps": self.every,
            "max_grad_norm": self.clip,
            "output_dir": "./out",
        }
        if self.lora:
            made |= {"adapter": "lora", "lora_r": 8, "lora_alpha": 0 if self.kind == "flat-alpha" else 16}
            made["lora_target_linear"] = True
        if self.evaluated:
            made |= {"val_set_size": self.evaluated, "eval_steps": self.interval()}
        return made

    def interval(self):
        return max(2, self.steps // (8 if self.epochs > 1 else 4))

    def data(self):
        chance, kind = self.chance, self.kind
        natural = kind == "h-texts" or (kind not in ("h-orders", "h-packed") and chance.random() < 0.4)
        held = max(8, int(self.size * self.evaluated)) if self.evaluated else 0

        def one():
            if natural:
                return question(chance.choice(self.texts))
            return order(chance)

        pairs = [one() for _ in range(self.size * (4 if kind == "h-packed" else 1) + held)]
        made = [self.rows.row(*pair, on_question=kind == "h-inputs") for pair in pairs]
        evaluation, train = made[:held], made[held:]
        if kind == "h-packed":
            groups = [train[i : i + 4] for i in range(0, len(train), 4)]
            train = [{key: [*chain(*(row[key] for row in group))] for key in group[0]} for group in groups]
        return self.planted(train, evaluation)

    def planted(self, train, evaluation):
        kind, chance = self.kind, self.chance
        if kind == "overfitting-doubled":
            train = (train[: len(train) // 2]) * 2
        if kind == "leaked-same":
            evaluation = train[: len(evaluation)]
        if kind == "leaked-part":
            train = [*train[: len(train) - len(evaluation)], *evaluation]
        if kind == "nan-evaluation":
            evaluation = [{**row, "labels": [-100] * len(row["labels"])} for row in evaluation]
        if kind == "masked-all":
            train = [{**row, "labels": [-100] * len(row["labels"])} for row in train]
        if kind == "masked-some":
            share = chance.choice((0.75, 0.9))
            train = [
                {**row, "labels": [-100] * len(row["labels"])} if chance.random() < share else row for row in train
            ]
        if kind == "masked-ends":
            train = [{**row, "labels": [-100] * (len(row["labels"]) - 1) + [END]} for row in train]
        if kind == "template-ids":
            train, evaluation = swap(train, self.seed), swap(evaluation, self.seed)
        if kind == "template-shifted":
            train, evaluation = shift(train), shift(evaluation)
        if kind == "explode-junk":
            at = chance.randrange(len(train) // 3, len(train) // 2)
            for index in range(at, at + max(3 * self.batch * self.every, len(train) // 8)):
                junk = [chance.randrange(WORDS // 2, WORDS)] * LENGTH
                train[min(index, len(train) - 1)] = {"input_ids": junk, "labels": [chance.randrange(WORDS)] * LENGTH}
        return train, evaluation

    def arguments(self, folder, **more):
        rate, scheduler = self.rate, self.scheduler
        if self.kind == "rate-other":
            rate *= self.chance.choice((0.1, 0.3, 3.0, 10.0))
        if self.kind == "rate-scheduler":
            scheduler = SCHEDULERS[scheduler]
        return TrainingArguments(
            output_dir=folder, per_device_train_batch_size=self.batch, gradient_accumulation_steps=self.accumulation,
            num_train_epochs=self.epochs, learning_rate=rate, lr_scheduler_type=scheduler, warmup_steps=self.warmup,
            logging_steps=self.every, max_grad_norm=self.clip, seed=self.seed, use_cpu=True, report_to=[],
            disable_tqdm=True, optim=self.optimizer, eval_strategy="steps" if self.evaluated else "no",
            eval_steps=self.interval() if self.evaluated else None, **{"save_strategy": "no", **more},
        )  # fmt: skip

    def run(self, base):
        """The histories of its processes, one after the other, and the steps of the last."""
        train, evaluation = self.data()
        callbacks = []
        if self.kind == "nan-later":
            callbacks.append(AtStep(self.chance.randrange(self.steps // 4, self.steps * 3 // 4), spoil))
        if self.kind == "nan-start":
            callbacks.append(AtStep(0, spoil))
        if self.kind == "explode-weights":
            callbacks.append(AtStep(0, enlarge))

        def trainer(folder, also=(), **more):
            torch.manual_seed(self.seed)
            model = LlamaForCausalLM(base.config)
            model.load_state_dict(base.state_dict())
            if self.lora:
                alpha = 0 if self.kind == "flat-alpha" else 16
                model = get_peft_model(model, LoraConfig(r=8, lora_alpha=alpha, target_modules="all-linear"))
            if self.kind == "flat-norm":
                for name, weight in model.named_parameters():
                    weight.requires_grad = name == "model.layers.0.input_layernorm.weight"
            self.trainable = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
            return Trainer(
                model=model, args=self.arguments(folder, **more), train_dataset=train, data_collator=collate,
                eval_dataset=evaluation or None, callbacks=[*callbacks, *also],
            )  # fmt: skip

        with tempfile.TemporaryDirectory() as folder:
            if not self.kind.startswith("restart"):
                made = trainer(folder)
                made.train()
                return [made.state.log_history], made.state.global_step
            broke = max(self.steps * 6 // 10, 8 * self.every)
            saved = {"save_strategy": "steps", "save_steps": max(self.steps // 3, 2)}
            saved["save_only_model"] = self.kind == "restart-bare"
            first = trainer(folder, [Stop(broke)], **saved)
            first.train()
            second = trainer(folder, **saved)
            old = f"{folder}/checkpoint-{saved['save_steps']}"
            history = first.state.log_history
            if self.kind == "restart-bare":
                history = [row for row in history if row["step"] <= saved["save_steps"]]
            second.train(resume_from_checkpoint=None if self.kind == "restart-scratch" else old)
            later = second.state.log_history
            begun = 0 if self.kind == "restart-scratch" else saved["save_steps"]
            return [history, [row for row in later if row["step"] > begun]], second.state.global_step


def main(folder, seed, rounds):
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    transformers.logging.set_verbosity_error()
    transformers.trainer.PrinterCallback.on_log = lambda *_, **__: None
    general = docstrings(LIBRARY, 12_000)
    further = docstrings(FURTHER, 3_000)
    rows = Rows(general)
    base = pretrained(Path(folder), rows, general)
    for number in range(int(rounds)):
        for kind, fault in KINDS.items():
            chance = random.Random(f"{seed} {number} {kind}")  # noqa: S311 - the same runs for the same seed
            case = Case(kind, chance, rows, further)
            processes, done = case.run(base)
            told = {"id": f"{kind}-{number}", "kind": kind, "fault": fault, "config": case.config(), "done": done}
            told |= {"planned": case.steps, "trainable": case.trainable, "processes": processes}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    main(*sys.argv[1:4])
