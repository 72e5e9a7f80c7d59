"""No secret of a member leaves the bot: not in answers, files, diffs, logs or metrics. Nor does the bot's own token."""

import logging
import string

import pytest

from bot.logs import LogFormat

LETTERS = string.ascii_letters + string.digits
# Made up, of the right shape.
SECRETS = {
    "Hugging Face token": "hf_" + LETTERS[:34],
    "OpenAI key": "sk-proj-" + LETTERS[5:53],
    "Anthropic key": "sk-ant-api03-" + LETTERS[3:50],
    "AWS key": "AKIA" + "QWERTYUIOPASDFGH",
    "GitHub token": "ghp_" + LETTERS[2:38],
    "Comet key": "comet_api_key: " + LETTERS[40:60] + "abcdeABCDE123",
    "Slack token": "xoxb-" + "123456789012-" + LETTERS[:24],
    "Weights & Biases key": "wandb_api_key: " + "0123456789abcdef" * 2 + "01234567",
    "password in an address": "postgresql://host:pa55word-of-mine@db.example.org/x",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n# " + LETTERS * 2 + "\n# -----END RSA PRIVATE KEY-----",
}
PLACES = {
    "comment": "{config}# {secret}\n",
    "unknown key": "{config}my_note: {secret}\n",
    "dataset": "{config}test_datasets:\n  - path: rows\n    note: {secret}\n",
    "first line": "# {secret}\n{config}",
}


def visible(secret):
    """The part that nobody else may see."""
    return max(
        secret.replace("wandb_api_key: ", "").replace("comet_api_key: ", "").replace("@", ":").split(":"), key=len
    ).strip("/\n -#")[-24:]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", SECRETS)
async def test_every_kind_in_every_place_is_masked_and_named(world, tools, caplog, kind, place):
    secret = SECRETS[kind]
    if place == "dataset" and kind == "private key":
        pytest.skip("a key of several lines is not a value of one line")
    config = PLACES[place].format(config=tools.BROKEN, secret=secret)
    hidden = visible(secret)
    with caplog.at_level(logging.DEBUG):
        shown = await world.check(config)
        buttons = [label for label in ("Corrected copy", "Share summary") if label in tools.labels(shown)]
        seen = [shown, *[tools.answer(await world.press(shown, label)) for label in buttons]]
    text = tools.words(shown)
    assert "**Secret found: a" in text
    assert "I mask it in everything I show" in text
    for message in seen:
        assert hidden not in str(message.components), kind
        for file in message.attachments:
            assert hidden.encode() not in await file.read()
    assert hidden not in "".join(str(record.__dict__) for record in caplog.records if record.name.startswith("bot"))
    assert hidden.encode() not in world.bot.services.metrics.text(guilds=1, waiting=0, connected=True, latency=0.1)
    assert b"helpbot_secrets_total" in world.bot.services.metrics.text(guilds=1, waiting=0, connected=True, latency=0.1)


async def test_the_member_is_told_whether_others_can_read_it(world, tools):
    config = f"{tools.CLEAN}# {SECRETS['Hugging Face token']}\n"
    assert "This answer is private" in tools.words(await world.check(config))
    message = await world.ben.send(world.channel, f"```yaml\n{config}```")
    text = tools.words(tools.answer(await world.ann.context_menu(world.channel, "Check message", message)))
    assert "can read the message, so delete it" in text
    assert "huggingface.co/settings/tokens" in text


async def test_a_log_and_a_sample_are_masked_too(world, tools):
    secret = SECRETS["Hugging Face token"]
    log = f'Traceback (most recent call last):\n  File "a.py", line 1, in x\nValueError: bad token {secret} here\n'
    message = await world.ben.send(world.channel, f"```\n{log}```")
    shown = tools.answer(await world.ann.context_menu(world.channel, "Check message", message))
    assert secret not in str(shown.components)
    rows = f'{{"instruction": "{secret}", "output": "x"}}\n'.encode()
    result = await world.ann.slash(
        world.channel, "checkconfig", file=("c.yaml", tools.CLEAN.encode()), dataset=("rows.jsonl", rows)
    )
    assert secret not in str(tools.answer(result).components)


def test_the_bots_own_token_never_stands_in_a_log():
    token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB"
    for as_json in (False, True):
        line = LogFormat(token, as_json=as_json).format(
            logging.LogRecord("bot", logging.ERROR, __file__, 1, "logged in with %s", (token,), None)
        )
        assert token not in line
        assert "masked-discord-token" in line


def test_logs_are_one_line_of_json_with_their_fields():
    import json

    record = logging.LogRecord("bot.replies", logging.ERROR, __file__, 1, "incident", (), None)
    record.incident = "0123abcd"
    found = json.loads(LogFormat(as_json=True).format(record))
    assert found["message"] == "incident"
    assert found["incident"] == "0123abcd"
    assert found["level"] == "ERROR"
    assert "incident=0123abcd" in LogFormat().format(record)
