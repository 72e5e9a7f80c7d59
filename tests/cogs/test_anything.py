"""A config, a log, an error, rows, or a question in any box: each is taken for what it is, and none is dropped."""

from __future__ import annotations

import pytest

ROWS = b'{"instruction": "Add two and two.", "input": "", "output": "Four."}\n' * 3
LOG = """\
[2026-02-03 10:00:00,000] [INFO] [axolotl.train] starting
Traceback (most recent call last):
  File "/opt/axolotl/src/axolotl/prompt_tokenizers.py", line 120, in parse_instruction_fields
    prompt["instruction"],
KeyError: 'instruction'
"""


async def every_answer(world, tools, result) -> str:
    return "\n".join(tools.words(each) for each in [result.response, *result.followups] if each is not None)


@pytest.mark.parametrize("option", ["file", "dataset"])
async def test_what_a_file_is_counts_and_not_its_box(world, tools, option) -> None:
    async def words(name: str, content: bytes) -> str:
        return await every_answer(
            world, tools, await world.ann.slash(world.channel, "checkconfig", **{option: (name, content)})
        )

    assert "refuses this: 1 reason" in await words("config.yaml", tools.BROKEN.encode())
    assert "no column `instruction`" in await words("train.log", LOG.encode())
    assert "This fits your rows" in await words("rows.jsonl", ROWS)
    assert "This fits your rows" in await words("rows.json", b"[" + ROWS.strip().replace(b"\n", b",") + b"]")
    assert "Which type fits my rows?" in await words("question.txt", b"which type fits my rows?")


async def test_a_log_and_its_config_are_both_answered(world, tools) -> None:
    shown = await world.ann.slash(world.channel, "checkconfig")
    fields = [each["component"]["custom_id"] for each in shown.modal["components"]]
    files = [("mine.yaml", tools.CLEAN.encode()), ("rows.jsonl", ROWS)]
    text = await every_answer(world, tools, await world.ann.submit_modal(shown, {fields[0]: files, fields[1]: LOG}))
    assert "no column `instruction`" in text
    assert "mine.yaml · 9 keys · 1 GPU · rows of rows.jsonl" in text


async def test_of_a_long_log_the_end_is_read(world, tools) -> None:
    long = ("{'loss': 1.25, 'grad_norm': 0.5, 'learning_rate': 0.0001, 'epoch': 0.1}\n" * 20_000 + LOG).encode()
    text = tools.words(await world.check(long, name="train.log"))
    assert "no column `instruction`" in text
    assert "only its last 1 MiB was read" in text


async def test_a_message_with_rows_or_a_question_is_answered(world, tools) -> None:
    message = await world.ben.send(world.channel, "Which type fits my rows?")
    asked = await world.ann.context_menu(world.channel, "Check message", message)
    assert "Which type fits my rows?" in tools.words(tools.answer(asked))
    empty = await world.ben.send(world.channel, "🙂")
    nothing = await world.ann.context_menu(world.channel, "Check message", empty)
    assert "contains no config and no log" in tools.words(tools.answer(nothing))


async def test_a_card_that_nobody_makes_costs_no_answer(world, tools) -> None:
    text = tools.words(await world.check(tools.BROKEN, gpu="2x RTX 9999 Turbo"))
    assert "Unknown GPU: 2x RTX 9999 Turbo." in text
    assert "refuses this: 1 reason" in text
    assert "2 GPUs" in text


async def test_the_script_of_another_trainer_is_a_config(world, tools) -> None:
    script = (
        "trainer = SFTTrainer(\n  model = model,\n  max_seq_length = 2048,\n  args = TrainingArguments(\n"
        '    per_device_train_batch_size = 2,\n    num_train_epochs = 3,\n    optim = "adamw_8bit",\n  ),\n)\n'
    )
    message = await world.ben.send(world.channel, f"in axolotl?\n```py\n{script}```")
    found = tools.answer(await world.ann.context_menu(world.channel, "Check message", message))
    assert "These are the arguments of a Python script. I read them as a config, one per line." in tools.words(found)
    assert "Axolotl calls it `sequence_len`." in tools.words(found)
    assert "Corrected copy" in tools.labels(found)


async def test_the_card_that_a_message_names_is_the_one_that_counts(world, tools) -> None:
    said = f"will this run on my 2x3090 box?\n```yaml\n{tools.CLEAN}```"
    message = await world.ben.send(world.channel, said)
    text = tools.words(tools.answer(await world.ann.context_menu(world.channel, "Check message", message)))
    assert "Fit and time are for RTX 3090, which the message names." in text
    assert "2 GPUs" in text
    assert "RTX 3090**: needs about" in text
    either = await world.ben.send(world.channel, said.replace("2x3090 box", "3090 or my 4090"))
    text = tools.words(tools.answer(await world.ann.context_menu(world.channel, "Check message", either)))
    assert "which the message names" not in text


async def test_the_line_of_one_process_is_an_error_and_no_config(world, tools) -> None:
    line = "[rank1]:[E ProcessGroupNCCL.cpp:632] [Rank 1] Watchdog caught collective operation timeout: WorkNCCL(Seq=7)"
    message = await world.ben.send(world.channel, f"help\n{line}")
    found = await world.ann.context_menu(world.channel, "Check message", message)
    assert "One process waited for the others" in tools.words(tools.answer(found))
    assert "One process waited for the others" in tools.words(await world.check(line, name="rank1.log"))


async def test_a_log_cannot_be_compared_but_is_answered(world, tools) -> None:
    files = {"a": ("mine.yaml", tools.CLEAN.encode()), "b": ("train.log", LOG.encode())}
    text = await every_answer(world, tools, await world.ann.slash(world.channel, "compare", **files))
    assert "`train.log` is a log, not a config, so there is nothing to compare." in text
    assert "no column `instruction`" in text
    assert "mine.yaml · 9 keys" in text


async def test_the_faults_of_rows_alone_point_at_rows_and_at_no_line_of_a_config(world, tools) -> None:
    talk = '{"messages": [{"role": "user", "content": "Far?"}, {"role": "assistant", "content": "Two miles."}]}\n'
    found = await world.ann.slash(
        world.channel, "checkconfig", dataset=("rows.jsonl", (talk * 12 + '{"messages": []}\n').encode())
    )
    text = tools.words(tools.answer(found))
    assert "**Row\u00a013** · `datasets[0].type`" in text
    assert "**Line" not in text


async def test_a_name_of_another_trainer_gets_one_cure(world, tools) -> None:
    text = tools.words(await world.check(f"{tools.CLEAN}adapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target: all\n"))
    assert "In Axolotl it is `lora_target_linear: true`." in text
    assert "Did you mean `lora_target_modules`" not in text
