"""How well messages of a help channel are told apart, and how fast the bot answers when many post at once.

The 10,000 messages are put together here from a seed: chat, questions, code, other programs' files, parts of configs,
configs, and logs. What nobody should answer counts as wrong when it is recognized; a config or a log when it is not.
"""

from __future__ import annotations

import asyncio
import random
import resource
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import simcord

from bot.client import create_bot
from bot.jobs import propose
from bot.recognition import recognize
from bot.settings import Settings
from bot.store import HelpChannel

if TYPE_CHECKING:
    import discord

MESSAGES, SEED, AUTHORS, PATIENCE = 10_000, 38, 50, 30.0
_SHARES = {
    "chat": 0.35, "question": 0.15, "code": 0.15, "other file": 0.08, "part of a config": 0.07,
    "config": 0.1, "log": 0.1,
}  # fmt: skip
_WANTED = {"config": "config", "log": "log"}
_CHAT = (
    "thanks, {it} works now", "lol same", "anybody here tried {it} on {card}?", "brb, {it} is still running",
    "I saw {it}: it was fine for me", "good morning", "ok so {it} then, and {card} after", "+1 for {it}",
    "note to self: {it} before {card}", "error: my brain. {it} again", "the loss is {number}, what do you think?",
)  # fmt: skip
_QUESTIONS = (
    "how do I use {it} with {card}?", "why is {it} slower than {card}: any idea?", "what does {it} do, exactly?",
    "can somebody explain {it}? I have {card}", "is {number} a good learning_rate for {it}?",
)  # fmt: skip
_THINGS = (
    "sample_packing",
    "LoRA",
    "flash attention",
    "the merge",
    "axolotl",
    "deepspeed",
    "FSDP",
    "my dataset",
    "DPO",
)
_CARDS = ("a 3090", "two A100s", "an H100", "my laptop", "Colab", "RunPod", "a 4090")
_CODE = (
    "import torch\nfrom transformers import AutoModel\n\nmodel = AutoModel.from_config({name!r})\nloss.backward()\n",
    'def add(a: int, b: int = {n}) -> int:\n    raise ValueError(f"CUDA out of memory {{a}}")\n',
    "from pydantic import BaseModel, ValidationError\n\nclass Item(BaseModel):\n    name: str = {name!r}\n",
    '#include <stdio.h>\nint main() {{ printf("{name} %d", {n}); return 0; }}\n',
    "const rows = [{n}, 2];\nfunction run() {{ return rows.map((x) => x * 2); }}\n",
    "SELECT id, count(*) FROM {word} WHERE size > {n} GROUP BY id;\n",
    "pip install {word}\ncd {word} && python main.py --size {n}\n",
    "Traceback (most recent call last):\n  File \"shop.py\", line {n}, in total\nKeyError: '{word}'\n",
    "class Config:\n    base_model = {name!r}\n    learning_rate = {n}\n",
)
_FILES = (
    "version: '3'\nservices:\n  {word}:\n    image: {word}:{n}\n    ports:\n      - {n}:80\n",
    "name: {word}\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make {word}\n",
    '{{"name": "{word}", "version": "{n}.0.0", "scripts": {{"test": "jest"}}}}\n',
    "---\nbase_model: org/{word}\nlicense: mit\nlanguage:\n- en\ndatasets:\n- org/{word}\n---\n",
    "model_name_or_path: org/{word}\nstage: sft\nfinetuning_type: lora\nlora_rank: {n}\nlearning_rate: 1e-4\n",
    '[project]\nname = "{word}"\nversion = "{n}"\n',
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {word}\nspec:\n  replicas: {n}\n",
    '[{{"id": {n}, "name": "{word}"}}, {{"id": 2, "name": "b"}}]\n',
)
_PARTS = (
    "lora_r: {n}\nlora_alpha: 16\n", "micro_batch_size: {n}\ngradient_accumulation_steps: 4\n",
    "datasets:\n  - path: org/{word}\n    type: alpaca\n", "learning_rate: 0.0002\nwarmup_steps: {n}\n",
    "fsdp_config:\n  offload_params: true\n", "sequence_len: {n}\nsample_packing: true\n",
)  # fmt: skip
_WORDS = ("shop", "rows", "photos", "garden", "llamas", "notes", "weather", "chess", "orders")
_KEYS = {
    "adapter": ("lora", "qlora"), "lora_r": (8, 16, 64), "lora_alpha": (16, 32), "lora_target_linear": ("true",),
    "sequence_len": (512, 2048, 8192), "sample_packing": ("true", "false"), "micro_batch_size": (1, 2, 8),
    "gradient_accumulation_steps": (1, 4, 16), "num_epochs": (1, 3), "learning_rate": (2e-4, 1e-5),
    "optimizer": ("adamw_torch", "adamw_8bit"), "lr_scheduler": ("cosine", "linear"), "bf16": ("auto", "true"),
    "flash_attention": ("true",), "gradient_checkpointing": ("true",), "val_set_size": (0, 0.05),
    "output_dir": ("./out", "./lora-out"), "load_in_4bit": ("true",), "warmup_steps": (10, 100), "logging_steps": (1,),
    "max_seq_length": (2048,), "save_steps": (100,), "weight_decay": (0.0, 0.1), "special_tokens": ("",),
}  # fmt: skip
_ERRORS = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {n} MiB. GPU 0 has a total capacity of 23.65 GiB",
    "ValueError: Target modules {{'q_proj'}} not found in the base model.",
    "RuntimeError: expected scalar type Float but found BFloat16",
    "ModuleNotFoundError: No module named 'flash_attn'",
    "KeyError: '{word}'",
    "huggingface_hub.errors.GatedRepoError: 401 Client Error.",
    "AssertionError: {word} is not {n}",
)


def main() -> None:
    sort_out()
    asyncio.run(answer_many())


def sort_out() -> None:
    """Prints how many messages of each kind were recognized as what."""
    dice = random.Random(SEED)  # noqa: S311 - messages that can be made again
    kinds = dice.choices(list(_SHARES), list(_SHARES.values()), k=MESSAGES)
    seen: Counter[tuple[str, str]] = Counter()
    start = perf_counter()
    for kind in kinds:
        seen[kind, told_as(message(kind, dice))] += 1
    seconds = perf_counter() - start
    wrong = answered = 0
    for kind in _SHARES:
        total = sum(times for (of, _), times in seen.items() if of == kind)
        if wanted := _WANTED.get(kind):
            print(f"{kind:>18}: {seen[kind, wanted]:,} of {total:,} recognized")
            wrong += total - seen[kind, wanted]
        else:
            hits = total - seen[kind, "other"]
            answered += hits
            print(f"{kind:>18}: {hits:,} of {total:,} would be answered")
    each = seconds / MESSAGES * 1e3
    print(f"answers to what is neither: {answered}; configs and logs missed: {wrong}; {each:.2f} ms each")


def told_as(text: str) -> str:
    """What a text is taken for; rows only where a dataset type reads them, as the bot does it."""
    kind = recognize(text)
    return "other" if kind == "rows" and propose(text.encode(), "rows.json").block is None else kind


def message(kind: str, dice: random.Random) -> str:
    """A message of a kind; of code and files what stands between the fences."""
    word, n = dice.choice(_WORDS), dice.randint(2, 4000)
    said = {"it": dice.choice(_THINGS), "card": dice.choice(_CARDS), "number": f"{dice.random():.4f}"}
    told = {"word": word, "n": n, "name": f"org/{word}-{n}"}
    lists = {"chat": _CHAT, "question": _QUESTIONS, "code": _CODE, "other file": _FILES, "part of a config": _PARTS}
    if kind in lists:
        return dice.choice(lists[kind]).format(**said, **told)
    return config(dice) if kind == "config" else log(dice, told)


def config(dice: random.Random) -> str:
    """A config as people paste it: in any order, with a slip here and there."""
    keys = dice.sample(list(_KEYS), dice.randint(5, len(_KEYS)))
    lines = [f"{key}: {dice.choice(_KEYS[key])}" for key in keys]
    data = ["datasets:", f"  - path: org/{dice.choice(_WORDS)}", "    type: alpaca"]
    parts = [[line] for line in lines] + [data, [f"base_model: org/{dice.choice(_WORDS)}-7b"]]
    dice.shuffle(parts)
    text = "\n".join(line for part in parts for line in part) + "\n"
    slip = dice.random()
    if slip < 0.05:
        return text.replace(": ", ":  ", 3) + "# a comment\n"
    return text.replace("learning_rate:", "learning-rate:") if slip < 0.1 else text


def log(dice: random.Random, told: dict[str, object]) -> str:
    """A log that ends in an error, or one that goes on."""
    lines = [
        f"[2026-11-0{dice.randint(1, 9)} 10:00:0{each},000] [INFO] [axolotl.train:{each}] [PID:{told['n']}] loading"
        for each in range(3)
    ]
    lines += [
        f"{{'loss': {3 - step / 10:.3f}, 'grad_norm': 0.4, 'learning_rate': 0.0002, 'epoch': {step / 10}}}"
        for step in range(dice.randint(1, 9))
    ]
    if dice.random() < 0.7:
        lines += ["Traceback (most recent call last):", '  File "/opt/axolotl/src/axolotl/train.py", line 12, in train']
        lines.append(dice.choice(_ERRORS).format(**told))
    return "\n".join(lines[dice.choice((0, 1, 2)) :]) + "\n"


async def answer_many() -> None:
    """Prints how long it takes until posts that come at once are answered, and the memory before and after."""
    with tempfile.TemporaryDirectory() as folder:
        bot = create_bot(Settings(database=Path(folder) / "b.sqlite3", shard_count=1, hub="off", help_channels="on"))
        env = simcord.Env(bot, settle_timeout=120)
        await env.start()
        try:
            with env.time_context():
                guild = env.create_guild("Help")
                channel = guild.create_text_channel("help")
                await bot.services.store.help_channels.put(guild.id, HelpChannel(channel.id, "answer"))
                members = [guild.add_member(env.create_user(f"member{n}")) for n in range(AUTHORS + 1)]
                dice = random.Random(SEED)  # noqa: S311 - messages that can be made again
                await members[-1].send(channel, f"```yaml\n{config(dice)}```")
                before, start = _memory(), perf_counter()
                times: list[float] = []
                signs = _signs(bot)
                there = len(env.backend.messages[channel.id]) + AUTHORS
                for member in members[:-1]:
                    env.backend.create_message(channel.id, member.id, f"```yaml\n{config(dice)}```")
                while len(times) < AUTHORS and perf_counter() - start < PATIENCE:
                    await asyncio.sleep(0.01)
                    answered = len(env.backend.messages[channel.id]) - there
                    times += [perf_counter() - start] * (answered - len(times))
                print(f"{AUTHORS} authors at once: {len(times)} answered; {before:.0f} MiB, then {_memory():.0f} MiB")
                if signs:
                    print(
                        f"the median author saw the bot typing after {signs[len(signs) // 2] - start:.2f} s, "
                        f"the last after {signs[-1] - start:.2f} s"
                    )
                if times:
                    print(f"the median after {times[len(times) // 2]:.2f} s, the last after {times[-1]:.2f} s")
        finally:
            await env.shutdown()
            await bot.close()


def _signs(bot: discord.Client) -> list[float]:
    """When the bot tells Discord that it is typing, the first sign of an answer; the list grows."""
    signs: list[float] = []
    send = bot.http.send_typing

    async def noted(channel_id: int) -> None:
        await send(channel_id)
        signs.append(perf_counter())

    setattr(bot.http, "send_typing", noted)  # noqa: B010 - it only looks at the clock
    return signs


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
