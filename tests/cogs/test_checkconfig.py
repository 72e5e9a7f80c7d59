"""/checkconfig and Check message, as a member sees them."""

import json
import re

import pytest


async def test_a_refused_config_says_so_first_and_only_to_who_asked(world, tools):
    message = await world.check(tools.BROKEN)
    text = tools.words(message)
    assert message.ephemeral
    assert text.startswith("### Axolotl 0.21.0 refuses this: 1 reason; 1 key is ignored.")
    assert "config.yaml · 9 keys · 1 GPU" in text
    assert "**Line\u00a06** · `max_seq_length: 2048" in text
    assert "`sequence_len`" in text
    assert "**Lines\u00a011–12** · `save_steps: 100`, `saves_per_epoch: 2`" in text
    assert "Effective batch 4 × 2 × 1 GPU = **8** rows per step." in text
    assert "Not checked: whether the model" in text


async def test_a_clean_config_is_no_promise(world, tools):
    text = tools.words(await world.check(tools.CLEAN))
    assert text.startswith("### I found nothing wrong for Axolotl 0.21.0.")
    assert "A clean report is not a guarantee" in text


async def test_gpus_multiply_the_batch(world, tools):
    assert "4 × 2 × 8 GPUs = **64** rows per step" in tools.words(await world.check(tools.CLEAN, gpus=8))


async def test_broken_yaml_shows_its_line_and_the_lines_to_write(world, tools):
    text = tools.words(await world.check("datasets:\n  - path: shard.json\n      type: chat_template\n"))
    assert "This is not valid YAML, so Axolotl 0.21.0 cannot read it. Line 3 is the cause." in text
    assert "3        type: chat_template\n         ^" in text
    assert "```yaml\n  - path: shard.json\n    type: chat_template" in text
    assert "I checked the rest as if that were fixed" in text


async def test_the_form_joins_two_fields(world, tools):
    shown = await world.ann.slash(world.channel, "checkconfig")
    fields = [each["component"]["custom_id"] for each in shown.modal["components"]]
    half = tools.BROKEN.index("micro_batch_size")
    sent = await world.ann.submit_modal(
        shown, {fields[1]: tools.BROKEN[:half], fields[2]: tools.BROKEN[half:], fields[3]: "2"}
    )
    text = tools.words(tools.answer(sent))
    assert "refuses this: 1 reason" in text
    assert "pasted text · 9 keys · 2 GPUs" in text


async def test_the_form_takes_a_file(world, tools):
    shown = await world.ann.slash(world.channel, "checkconfig")
    upload = shown.modal["components"][0]["component"]["custom_id"]
    sent = await world.ann.submit_modal(shown, {upload: ("mine.yml", tools.CLEAN.encode())})
    assert "mine.yml · 9 keys" in tools.words(tools.answer(sent))


async def test_an_empty_form_and_a_wrong_number_are_explained(world, tools):
    shown = await world.ann.slash(world.channel, "checkconfig")
    assert "Paste something or choose a file" in tools.words(tools.answer(await world.ann.submit_modal(shown, {})))
    shown = await world.ann.slash(world.channel, "checkconfig")
    fields = [each["component"]["custom_id"] for each in shown.modal["components"]]
    sent = await world.ann.submit_modal(shown, {fields[1]: tools.CLEAN, fields[3]: "many"})
    assert "must be a whole number from 1" in tools.words(tools.answer(sent))


async def test_too_large_is_refused_before_it_is_downloaded(world, tools):
    before = len(world.env.http_requests)
    text = tools.words(await world.check(b"a: 1\n" * 300_000, name="rows.yaml"))
    assert "`rows.yaml` is 1.4 MiB; the limit is 1 MiB" in text
    assert not any("attachments" in str(request) for request in world.env.http_requests[before:])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\x00\x00\x01", "is not a text file"),
        (b"", "empty"),
        (b"- 1\n- 2\n", "a list"),
        (b"42", "a single value"),
        (b"[" * 60_000, "not valid YAML"),
        (b"a: &a [*a]\n", "contains itself"),
        ("base_model: caf\u00e9\n".encode("latin-1"), "not UTF-8"),
        ("base_model: x\n".encode("utf-16"), "UTF-16"),
    ],
)
async def test_no_input_is_left_without_an_answer(world, tools, data, expected):
    assert expected in tools.words(await world.check(data))


async def test_version_answers_for_an_older_release(world, tools):
    choices = await world.ann.autocomplete(world.channel, "checkconfig", "version", "0.1")
    assert 0 < len(choices) <= 25
    text = tools.words(await world.check(tools.CLEAN, version=choices[-1]["value"]))
    assert f"Axolotl {choices[-1]['value']}" in text
    refused = tools.words(await world.check(tools.CLEAN, version="9.9"))
    assert "I do not know Axolotl `9.9`. The nearest release that I know is 0.21.0" in refused
    assert "Axolotl 0.12.2" in tools.words(await world.check(tools.CLEAN, version="v0.12"))


async def test_a_second_check_says_what_was_mended(world, tools):
    await world.check(tools.BROKEN)
    mended = tools.BROKEN.replace("save_steps: 100\n", "")
    assert "Since your last check of config.yaml: 1 fixed, 1 left, 0 new." in tools.words(await world.check(mended))
    assert "Since" not in tools.words(await world.check(tools.BROKEN, who=world.ben))
    other = "base_model: mistralai/Mistral-7B-v0.3\nadapter: lora\nlora_r: 8\nsave_steps: 5\nsaves_per_epoch: 1\n"
    assert "Since" not in tools.words(await world.check(other)), "another config, though its name is the same"
    await world.env.advance_time(3601)
    assert "Since" not in tools.words(await world.check(tools.BROKEN))


async def test_check_message_takes_blocks_and_files_and_says_so(world, tools):
    content = f"two of them\n```yaml\n{tools.BROKEN}```\nand\n```yml\n{tools.CLEAN}```"
    files = [("message.txt", tools.CLEAN.encode()), ("shot.png", b"\x89PNG\x00")]
    message = await world.ben.send(world.channel, content, attachments=files)
    result = await world.ann.context_menu(world.channel, "Check message", message)
    texts = [tools.words(each) for each in (result.response, *result.followups)]
    assert len(texts) == 3
    assert "Taken from the message: `code block 1 of 2`, `code block 2 of 2`, and `message.txt`" in texts[0]
    assert "`shot.png`" in texts[0]
    assert "refuses this" in texts[0]
    assert "I found nothing wrong" in texts[1]
    assert all(each.ephemeral for each in (result.response, *result.followups))


async def test_check_message_leads_a_log_to_its_cause(world, tools):
    log = "Traceback (most recent call last):\n  File \"train.py\", line 3, in run\n    x\nKeyError: 'instruction'\n"
    message = await world.ben.send(world.channel, f"help\n```\n{log}```")
    text = tools.words(tools.answer(await world.ann.context_menu(world.channel, "Check message", message)))
    assert "`instruction`" in text
    assert "From your log, line" in text


async def test_check_message_without_a_config_says_where_it_looked(world, tools):
    message = await world.ben.send(world.channel, "good morning")
    text = tools.words(tools.answer(await world.ann.context_menu(world.channel, "Check message", message)))
    assert "contains no config and no log" in text


async def test_a_moderator_answers_the_author_in_public(world, tools):
    message = await world.ben.send(world.channel, f"```yaml\n{tools.BROKEN}```")
    private = tools.answer(await world.ann.context_menu(world.channel, "Check message", message))
    assert "Answer the author publicly" not in tools.labels(private)
    private = tools.answer(await world.max.context_menu(world.channel, "Check message", message))
    await world.press(private, "Answer the author publicly", world.max)
    public = world.channel.last_message
    assert public.reference.message_id == message.id
    assert "refuses this: 1 reason" in str(public.components[0].children[0].content)


async def test_in_a_direct_message_it_works_without_a_server(world, tools):
    result = await world.env.create_user("zoe").slash("checkconfig", file=("c.yaml", tools.BROKEN.encode()))
    message = tools.answer(result)
    assert "refuses this" in tools.words(message)
    assert "Wrong advice?" not in tools.labels(message)


async def test_a_sample_of_the_dataset_is_checked_too(world, tools):
    rows = b'{"text": "no alpaca here"}\n' * 3
    result = await world.ann.slash(
        world.channel, "checkconfig", file=("c.yaml", tools.CLEAN.encode()), dataset=("rows.jsonl", rows)
    )
    text = tools.words(tools.answer(result))
    assert "rows of rows.jsonl" in text
    assert "`instruction`" in text
    assert "which `type: alpaca` reads" in text
    assert text.count("type: completion\n```") == 1, "the lines to copy stand there once"


ROWS = b'{"instruction": "Name a fruit", "input": "", "output": "A plum."}\n' * 3


async def test_rows_are_counted_and_their_button_shows_what_is_trained(world, tools):
    message = await world.check(tools.CLEAN, dataset=("mine.jsonl", ROWS))
    text = tools.words(message)
    assert "3 rows as JSON Lines, **3** trained on." in text
    assert "A plum" not in text, "words of the rows are shown only when asked for"
    shown = tools.answer(await world.press(message, "Rows: lengths and trained text"))
    assert shown.ephemeral
    assert "TRAINED │ A plum." in tools.words(shown)
    assert "Name a fruit" in tools.words(shown)
    assert [file.filename for file in shown.attachments] == ["rows.png"]
    assert "rows.png" in str(shown.components)
    assert "Tokens of 3 rows" in str(shown.components)


async def test_without_rows_there_is_no_button_for_them(world, tools):
    assert not [label for label in tools.labels(await world.check(tools.CLEAN)) if label.startswith("Rows")]


@pytest.mark.parametrize("by_form", [False, True])
async def test_rows_alone_get_the_block_that_fits_them(world, tools, by_form):
    rows = b'{"talk": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Good day."}]}\n' * 2
    if by_form:
        form = await world.ann.slash(world.channel, "checkconfig")
        upload = form.modal["components"][0]["component"]["custom_id"]
        result = await world.ann.submit_modal(form, {upload: ("talks.jsonl", rows)})
    else:
        result = await world.ann.slash(world.channel, "checkconfig", dataset=("talks.jsonl", rows))
    message = tools.answer(result)
    assert message.ephemeral
    text = tools.words(message)
    assert text.startswith("### This fits your rows")
    assert "- path: talks.jsonl\n    type: chat_template\n    field_messages: talk\n" in text
    assert "role: from\n      content: value" in text
    assert "TRAINED │ Good day." in text


async def test_the_form_takes_a_config_and_rows(world, tools):
    form = await world.ann.slash(world.channel, "checkconfig")
    fields = [each["component"]["custom_id"] for each in form.modal["components"]]
    result = await world.ann.submit_modal(form, {fields[1]: tools.CLEAN, fields[0]: ("mine.jsonl", ROWS)})
    assert "rows of mine.jsonl" in tools.words(tools.answer(result))


async def test_rows_that_no_type_reads_are_told_what_would_do(world, tools):
    for rows in (b'{"price": 5}\n', b"{", b"\n", b"[]"):
        result = await world.ann.slash(world.channel, "checkconfig", dataset=("prices.jsonl", rows))
        text = tools.words(tools.answer(result))
        assert "No dataset type of Axolotl reads these rows" in text
        assert "`type: completion`" in text


@pytest.mark.parametrize("with_config", [False, True])
async def test_a_secret_in_the_rows_is_told_with_its_line_and_never_shown(world, tools, with_config):
    token = "hf_" + "a1B2" * 9
    rows = ROWS + ROWS.replace(b"A plum.", f"Use {token} here".encode())
    options = {"file": ("c.yaml", tools.CLEAN.encode())} if with_config else {}
    message = tools.answer(await world.ann.slash(world.channel, "checkconfig", dataset=("mine.jsonl", rows), **options))
    assert re.search(r"Dataset, lines?\u00a0\d", tools.words(message))
    assert "a Hugging Face token" in tools.words(message)
    if with_config:
        message = tools.answer(await world.press(message, "Rows: lengths and trained text"))
    assert token not in str(message.components)


async def test_of_a_large_file_the_first_rows_are_read_and_this_is_said(world, tools):
    rows = ROWS * 13_000
    assert len(rows) > 2 << 20
    message = await world.check(tools.CLEAN, dataset=("mine.jsonl", rows))
    assert "Only the first 2.0 MiB were read" in tools.words(message)


async def test_a_launcher_file_is_checked_as_one_and_has_no_run(world, tools):
    text = "provider: nebius\nplatform: gpu-h100\npreset: 1gpu\nimage: r/x:1\n"
    text += "volumes:\n  - source: rows\n    mount: rows\n"
    message = await world.check(text, name="cloud.yaml")
    words = tools.words(message)
    assert words.startswith("### Axolotl 0.21.0 refuses this: 1 reason.")
    assert "`mount: rows`" in words
    assert "cloud.yaml · 5 keys\n" in words
    assert "Your run" not in words
    assert "Other GPU count" not in tools.labels(message)
    words = tools.words(await world.check(text.replace("mount: rows", "mount: /rows"), name="cloud.yaml"))
    assert words.startswith("### I found nothing wrong in this launcher file for Axolotl 0.21.0.")
    assert "axolotl preprocess" not in words


async def test_a_named_card_adds_fit_time_and_cost(world, tools):
    config = "base_model: meta-llama/Llama-3.1-8B\n" + "\n".join(
        line for line in tools.CLEAN.splitlines() if not line.startswith("base_model")
    )
    result = await world.ann.slash(
        world.channel, "checkconfig", file=("a.yaml", config.encode()), gpu="2x A100 80GB", price=2.0
    )
    text = tools.words(tools.answer(result))
    assert "A100 80GB" in text
    assert "Time on A100 80GB" in text
    assert "2 GPUs" in text


def log_of(loss, steps=60):
    rows = [
        {"loss": loss(step), "grad_norm": 1.5 if loss(step) else 0.0, "learning_rate": 2e-5, "epoch": step / 100}
        for step in range(1, steps + 1)
    ]
    return "\n".join(["[INFO] [axolotl.train] Starting trainer...", *map(str, rows)])


async def test_the_log_of_a_healthy_run_gets_a_picture_and_no_judgement(world, tools):
    result = await world.check(log_of(lambda step: 0.8 + 2 / step), name="train.log")
    text = tools.words(result)
    assert "look fine" in text
    assert "Step 60" in text
    assert "Not judged: Without the config" in text


async def test_the_log_of_a_run_that_learns_nothing_says_why_and_at_which_steps(world, tools):
    message = await world.ben.send(world.channel, f"is this normal?\n```\n{log_of(lambda _: 0.0, 15)}\n```")
    found = await world.ann.context_menu(world.channel, "Check message", message)
    text = tools.words(tools.answer(found))
    assert "Every token is masked: nothing is trained." in text
    assert "Steps 1 to" in text
    assert "`axolotl preprocess CONFIG --debug`" in text


async def test_the_state_of_the_trainer_is_read_as_a_run(world, tools):
    history = [{"step": step, "loss": 10.5 - step / 30, "epoch": step / 60} for step in range(1, 61)]
    state = json.dumps({"global_step": 60, "max_steps": 60, "log_history": history}, indent=1)
    assert "the rows are not text" in tools.words(await world.check(state, name="trainer_state.json"))


async def test_in_a_server_that_the_bot_has_not_joined_nothing_is_offered_that_cannot_work(world, tools):
    # Who installs the bot for themselves uses it there; Discord tells the bot nothing of such a server.
    world.bot._connection._remove_guild(world.bot.get_guild(world.guild.id))
    message = await world.ann.send(world.channel, f"```yaml\n{tools.BROKEN}```")
    shown = tools.answer(await world.max.context_menu(world.channel, "Check message", message))
    assert "max_seq_length" in tools.words(shown)
    assert not {"Wrong advice?", "Answer the author publicly"} & set(tools.labels(shown))
    helped = tools.words(tools.answer(await world.max.slash(world.channel, "help")))
    assert "/faq-admin" not in helped
