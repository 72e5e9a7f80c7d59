"""Rows from the Hub give the steps that the same rows give as an attached file."""

import json
import random

import pytest

from knowledge import check
from tests.bot.hub.stand_in import TOKENIZER, dataset, model

HEAD = (
    "base_model: org/llama\nsequence_len: 512\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nnum_epochs: 3\n"
    "learning_rate: 0.0002\noptimizer: adamw_torch\n"
)
WORDS = ("river", "stone", "walks", "under", "morning", "light", "seven", "birds", "carry", "letters", "to", "harbor")


def text(chance, words):
    return " ".join(chance.choice(WORDS) for _ in range(words))


def instructions(count):
    chance = random.Random(count)
    return [
        {
            "instruction": text(chance, chance.randrange(4, 30)),
            "input": "",
            "output": text(chance, chance.randrange(3, 200)),
        }
        for _ in range(count)
    ]


def conversations(count):
    chance = random.Random(count)
    turn = ("user", "assistant")
    return [
        {
            "messages": [
                {"role": turn[at % 2], "content": text(chance, chance.randrange(3, 60))}
                for at in range(2 * chance.randrange(1, 4))
            ]
        }
        for _ in range(count)
    ]


def documents(count):
    chance = random.Random(count)
    return [{"text": text(chance, chance.randrange(5, 900))} for _ in range(count)]


def preferences(count):
    chance = random.Random(count)
    words = {"system": 3, "question": 20, "chosen": 60, "rejected": 60}
    return [{key: text(chance, chance.randrange(2, 2 + most)) for key, most in words.items()} for _ in range(count)]


PACKED = "sample_packing: true\nattn_implementation: flash_attention_2\n"
CHAT = "type: chat_template\n    field_messages: messages"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("rows", "kind", "more"),
    [
        (instructions(40), "type: alpaca", ""),
        (instructions(95), "type: alpaca", "val_set_size: 0.1\n"),
        (instructions(900), "type: alpaca", ""),
        (instructions(1_600), "type: alpaca", "val_set_size: 200\n"),
        (conversations(60), CHAT, ""),
        (conversations(1_500), CHAT, "val_set_size: 0.05\n"),
        (documents(80), "type: completion", ""),
        (documents(400), "type: completion", ""),
    ],
)
async def test_steps_of_the_hub_and_of_the_same_rows_attached(ask, rows, kind, more, packed):
    config = f"{HEAD}{more}{PACKED if packed else ''}datasets:\n  - path: org/rows\n    {kind}\n"
    client = await ask([model(tokenizer=TOKENIZER)], [dataset(rows={"default": {"train": rows}})])
    looked = check(config, hub=await client.look(config)).plan
    lines = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    own = config.replace("org/rows", "rows.jsonl")
    wanted = check(own, dataset=lines, hub=await client.look(own)).plan.optimizer_steps_done
    assert looked.optimizer_steps_done == pytest.approx(wanted, rel=0.1 if packed else 0.02, abs=1)


async def test_steps_of_pairs(ask):
    rows = preferences(90)
    config = f"{HEAD}rl: dpo\ndatasets:\n  - path: org/rows\n    split: train\n    type: chatml.intel\n"
    client = await ask(datasets=[dataset(rows={"default": {"train": rows}})])
    lines = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    looked = check(config, hub=await client.look(config)).plan.optimizer_steps_done
    assert looked == check(config.replace("org/rows", "rows.jsonl"), dataset=lines).plan.optimizer_steps_done > 0


async def test_every_configuration_of_a_list_is_counted(ask):
    parts = {"a": {"train": instructions(30)}, "b": {"train": instructions(50)}, "c": {"train": instructions(9)}}
    client = await ask(datasets=[dataset(rows=parts)])
    config = f"{HEAD}datasets:\n  - path: org/rows\n    name: [a, b]\n    type: alpaca\n"
    facts = await client.look(config)
    report = check(config, hub=facts)
    assert (report.hub.datasets[0].config, report.hub.datasets[0].rows) == ("a, b", 80)
    assert facts.datasets[0].whole
    lines = "".join(f"{json.dumps(row)}\n" for part in "ab" for row in parts[part]["train"]).encode()
    attached = check(config.replace("org/rows", "rows.jsonl"), dataset=lines).plan
    assert report.plan.optimizer_steps_done == attached.optimizer_steps_done
    asked = client.running.paths()
    assert sum("/splits" in path for path in asked) == sum("/size" in path for path in asked) == 1
    lost = await client.look(config.replace("[a, b]", "[a, z]"))
    assert (lost.datasets[0].status, lost.datasets[0].config) == ("no-config", "z")
