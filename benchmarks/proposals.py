"""Whether what a check proposes is right: corrected copies that make a config worse, names that mean something else.

Run: make proposals. Every name of other trainers with its default and three typical values in three base configs, and
every field with one slip; where the reference data are present also mutations of real configs (--mutations N --seed S),
and with --validator PYTHON SCRIPT the reference's verdict on a sample of the copies.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from knowledge.check import check
from knowledge.config import load_types
from knowledge.facts import read_json
from knowledge.finding import Severity
from knowledge.fixes import SPOILS, corrected
from knowledge.foreign import meaning, names_of, trainers
from scripts.compare_with_axolotl import mutations

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).resolve().parents[2] / "shared"
WORSE = {Severity.ERROR, Severity.CRASH, Severity.IGNORED}
BASE = {
    "full": "base_model: NousResearch/Llama-3.2-1B\n",
    "qlora": "base_model: NousResearch/Llama-3.2-1B\nadapter: qlora\nload_in_4bit: true\nlora_r: 16\nlora_alpha: 32\n"
    "lora_target_linear: true\n",
    "grpo": "base_model: NousResearch/Llama-3.2-1B\nrl: grpo\ntrl:\n  num_generations: 4\n  reward_funcs: [m.f]\n",
}
REST = """datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 4
gradient_accumulation_steps: 4
learning_rate: 0.0002
val_set_size: 0.05
"""
VALUES = (True, 8, 0.1, "text")
WORDS: dict[str, tuple[Any, ...]] = {
    "dtype": ("bfloat16", "float16", "auto"),
    "bnb_4bit_quant_type": ("nf4", "fp4"),
    "finetuning_type": ("lora", "full", "freeze"),
    "lora_target": ("all", "q_proj,v_proj"),
    "report_to": ("wandb", ["wandb"], "none"),
    "dataset_name": ("org/rows", ["a.jsonl", "b.jsonl"]),
    "template": ("llama3", "qwen", "mine"),
    "peft_config": ({"r": 8, "target_modules": ["q_proj"]}, {"task_type": "CAUSAL_LM", "modules_to_save": "lm_head"}),
    "quantization_config": ({"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},),
    "fsdp": ("full_shard auto_wrap", ["full_shard"]),
}


def main() -> None:
    options = _arguments().parse_args()
    texts = {f"name {key} {number}": text for key, number, text in _names()}
    texts |= {f"typo {number}": text for number, (text, _, _) in enumerate(_typos(random.Random(options.seed)))}  # noqa: S311
    _report("names of other trainers, and fields with one slip", texts, options)
    _typos_named(options)
    _meanings(show=options.show)
    if SHARED.exists():
        configs = [(path.name, path.read_text("utf-8")) for path in sorted((SHARED / "corpus").rglob("*.y*ml"))]
        made = mutations(configs, options.mutations, random.Random(options.seed))  # noqa: S311
        _report("mutations of real configs", {case["id"]: _slip(case["yaml"], case["id"]) for case in made}, options)
    else:
        print("mutations of real configs: the reference data is not here")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validator", nargs=2, metavar=("PYTHON", "SCRIPT"))
    parser.add_argument("--sample", type=int, default=300, help="how many copies the validator looks at")
    parser.add_argument("--mutations", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes that check at the same time")
    parser.add_argument("--show", type=int, default=5)
    return parser


def _names() -> Iterator[tuple[str, str, str]]:
    """Every name with four values and its typical ones, in each base config."""
    for name in names_of():
        known = meaning(name)
        values = [*VALUES, *WORDS.get(name, ())]
        values += [_value(word) for word in (known.values or {}) if word != "*"][:4] if known else []
        for base, head in BASE.items():
            for number, value in enumerate(values):
                yield name, f"{base} {number}", head + REST + yaml.safe_dump({name: value})


def _value(word: str) -> Any:
    return {"true": True, "false": False, "none": None}.get(word, int(word) if word.isdigit() else word)


def _typos(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Every root field with one slip: the text, what is written, the field."""
    root = load_types().root
    defaults = {path: facts.get("default") for path, facts in read_json("fields.json")["fields"].items()}
    for name in root:
        if len(name) < 5:
            continue
        slip = _slipped(name, chance)
        while slip in load_types().names or meaning(slip) is not None:
            slip = _slipped(name, chance)
        value = defaults.get(name)
        yield BASE["full"] + REST + yaml.safe_dump({slip: 1 if value is None else value}), slip, name


def _slipped(name: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(name) - 1)
    letter = chance.choice("aeinorst")
    return chance.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + letter + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name[:at] + letter + name[at + 1 :],
        )
    )


def _slip(text: str, seed: str) -> str:
    """A mutated config with two of its keys misspelt, or under the name of another trainer."""
    chance = random.Random(seed)  # noqa: S311
    loaded = yaml.safe_load(text)
    keys = [key for key in loaded if isinstance(key, str) and len(key) > 4]
    for key in chance.sample(keys, min(2, len(keys))):
        others = [name for name in names_of() if (known := meaning(name)) is not None and known.field == key]
        loaded[chance.choice(others) if others and chance.random() < 0.5 else _slipped(key, chance)] = loaded.pop(key)
    return yaml.safe_dump(loaded, sort_keys=False)


def _report(title: str, texts: dict[str, str], options: argparse.Namespace) -> None:
    """Copies that are worse than what they were made of."""
    with ProcessPoolExecutor(options.workers) as pool:
        judged = list(pool.map(_judged, texts.values(), chunksize=20))
    copies = {name: copy for name, copy in zip(texts, judged, strict=True) if copy is not None}
    worse = {name: copy.worse for name, copy in copies.items() if copy.worse}
    for name in list(worse)[: options.show]:
        print(f"  WORSE {name}: {worse[name]}")
    print(f"{title}: {len(texts)} configs, {len(copies)} with a corrected copy, {len(worse)} of these with a new fault")
    if options.validator:
        pairs = [(copy.before, copy.after) for copy in copies.values()]
        _validate(random.Random(options.seed).sample(pairs, min(options.sample, len(pairs))), options)  # noqa: S311


class _Copy(NamedTuple):
    """A text, its corrected copy, and the rules and fields of what is worse in it."""

    before: str
    after: str
    worse: list[tuple[str, tuple[str, ...]]]


def _judged(text: str) -> _Copy | None:
    """What a corrected copy is worth; None where nothing is corrected."""
    before = check(text).findings
    if not any(finding.edit for finding in before):
        return None
    copy = corrected(text, before)
    known = Counter((each.rule, each.fields) for each in before)
    edits = {(each.rule, each.fields) for each in before if each.edit}
    faults = {
        (each.rule, each.fields)
        for each in check(copy).findings
        if (each.rule, each.fields) in edits
        or ((each.severity in WORSE or each.rule in SPOILS) and not known[each.rule, each.fields])
    }
    return _Copy(text, copy, sorted(faults))


def _validate(pairs: list[tuple[str, str]], options: argparse.Namespace) -> None:
    """Copies that the reference validator refuses although it accepts the text."""
    lines = [
        json.dumps({"id": f"{number}:{side}", "yaml": text})
        for number, pair in enumerate(pairs)
        for side, text in zip(("before", "after"), pair, strict=True)
    ]
    done = subprocess.run(options.validator, input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    told = {row["id"]: row["verdict"] for row in map(json.loads, done.stdout.splitlines())}
    spoiled = [n for n in range(len(pairs)) if told[f"{n}:before"] == "ok" and told[f"{n}:after"] != "ok"]
    for number in spoiled[: options.show]:
        print(f"  REFUSED\n{pairs[number][1]}")
    print(f"  by the reference validator: {len(spoiled)} of {len(pairs)} copies refused whose text was accepted")


def _typos_named(options: argparse.Namespace) -> None:
    right = total = other = 0
    for text, slip, name in _typos(random.Random(options.seed + 1)):  # noqa: S311
        total += 1
        found = next(each for each in check(text).findings if slip in each.fields)
        right += found.suggestion == name
        other += found.suggestion not in (None, name)
        if found.suggestion != name and options.show:
            print(f"  TYPO {slip} of {name}: {found.suggestion}")
    print(f"fields with one slip that are named: {right} of {total} ({right / total:.1%}); another one named: {other}")


def _meanings(*, show: int) -> None:
    """Names of each trainer that Axolotl does not share and that have a meaning."""
    known = load_types().names
    for trainer in trainers():
        names = [name for name in names_of(trainer) if name not in known]
        missing = [name for name in names if meaning(name, trainer) is None]
        print(f"{trainer}: {len(names) - len(missing)} of {len(names)} names with a meaning", *missing[:show])


if __name__ == "__main__":
    sys.exit(main())
