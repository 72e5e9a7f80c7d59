"""Every kind of secret at every place: in no report, answer, copy, difference, explanation or diagnosis."""

import io
import json
import string
import sys
from contextlib import suppress

import pytest

from bot import cli
from bot.store import EntryContent
from bot.store.content import cleaned
from knowledge.check import check
from knowledge.compare import compare
from knowledge.diagnosis import diagnose
from knowledge.json_values import to_json
from knowledge.secrets import find

LETTERS = string.ascii_letters + string.digits
BODY = LETTERS * 2
# Made up, of the shape that their issuers give them. What nobody may see is the second word.
KINDS = {
    "Hugging Face": ("{}", "hf_" + LETTERS[:34]),
    "Weights & Biases": ("wandb_api_key={}", "0123456789abcdef" * 2 + "01234567"),
    "Weights & Biases, new": ("{}", "wandb_v1_" + LETTERS[:40]),
    "Comet": ("COMET_API_KEY={}", LETTERS[40:60] + "abcdeABCDE123"),
    "OpenAI": ("{}", "sk-proj-" + LETTERS[5:53]),
    "Anthropic": ("{}", "sk-ant-api03-" + LETTERS[3:50]),
    "AWS": ("{}", "AKIA" + "QWERTYUIOPASDFGH"),
    "AWS secret": ("aws_secret_access_key={}", LETTERS[7:47]),
    "GitHub": ("{}", "ghp_" + LETTERS[2:38]),
    "GitHub, fine": ("{}", "github_pat_" + LETTERS[1:60]),
    "Slack": ("{}", "xoxb-123456789012-" + LETTERS[:24]),
    "Discord": ("{}", "MTA" + LETTERS[:21] + "." + LETTERS[5:11] + "." + LETTERS[3:33]),
    "address": ("postgresql://host:{}@db.example.org/x", "pa55word-of-mine-9"),
    "signed": ("{}", "eyJ" + LETTERS[:20] + ".eyJ" + LETTERS[:30] + "." + LETTERS[:43]),
}
BASE = """\
base_model: Qwen/Qwen2.5-0.5B
datasets:
  - path: org/rows
    type: alpaca
max_seq_length: 2048
micro_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 0.0002
"""
PLACES = {
    "value": BASE + "hub_model_id: {}\n",
    "quoted value": BASE + 'wandb_project: "{}"\n',
    "value of the wrong type": BASE + "num_epochs: {}\n",
    "value of a choice": BASE + "lr_scheduler: {}\n",
    "value that a message quotes": "base_model: {}\nadapter: qlora\nload_in_8bit: true\ndatasets:\n  - path: {}\n",
    "comment": BASE + "# {}\n",
    "comment with a finding": BASE.replace("2048", "2048  # {}"),
    "first line": "# {}\n" + BASE,
    "unknown key": BASE + "my_note: {}\n",
    "name of a key": BASE + '"{}": 1\n',
    "name of a key in a block": BASE + 'trl:\n  "{}": 1\n',
    "dataset entry": BASE.replace("org/rows", "{}"),
    "unknown key of a dataset entry": BASE.replace("type: alpaca", "type: alpaca\n    note: {}"),
    "list": BASE + "lora_target_modules:\n  - {}\n",
    "flow list": BASE + "tags: ['{}', other]\n",
    "block scalar": BASE + "note: |\n  first\n  {}\n",
    "folded scalar": BASE + "note: >-\n  {}\n",
    "address": BASE + "deepspeed: https://example.org/x?a={}\n",
    "anchor": BASE + "note: &a {}\nother: *a\n",
    "broken YAML": BASE + 'note: "{}\n  more: [1\n',
    "duplicate key": BASE + "note: {}\nnote: {}\n",
    "in a fence": "Look:\n```yaml\n" + BASE + "note: {}\n```\n",
    "quoted in a chat": "".join(f"> {line}\n" for line in (BASE + "note: {}").splitlines()),
    "alone": "{}",
}
RAISED = 'Traceback (most recent call last):\n  File "{file}", line 3, in run\nValueError: bad {word}\n'
LOGS = {
    "line before": "token in use: {}\n" + RAISED.format(file="a.py", word="luck"),
    "message of the exception": RAISED.format(file="a.py", word="{}"),
    "path of a frame": RAISED.format(file="/x/{}/a.py", word="luck"),
    "last line": "something\nerror: cannot log in with {}\n",
    "config in a log": BASE + "note: {}\nValueError: bad\n",
    "command line": "$ axolotl train --hub-token {}\nRuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB\n",
    "alone": "{}",
}


def cases(places):
    return [
        pytest.param(template.replace("{}", form.format(hidden)), hidden, id=f"{kind} as {place}")
        for kind, (form, hidden) in KINDS.items()
        for place, template in places.items()
    ]


BEGINNING = 16
"""Characters of a secret that would tell it from every other."""
WAYS = (("--format", "text"), ("--format", "json"), ("--format", "github"), ("--fix",), ("--diff",))


def shown(capsys, monkeypatch, text, *arguments):
    """Everything that a command writes, standard error included."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    cli.main(list(arguments))
    written = capsys.readouterr()
    return written.out + written.err


@pytest.mark.parametrize(("text", "hidden"), cases(PLACES))
def test_a_config_is_answered_without_it(capsys, monkeypatch, text, hidden):
    report = check(text)
    assert hidden in text
    assert report.secrets, "the member is told"
    assert all(secret.revoke and secret.line <= text.count("\n") + 1 for secret in report.secrets)
    seen = [shown(capsys, monkeypatch, text, "check", "-", *words) for words in WAYS]
    assert "masked below" in seen[-1]
    seen += [shown(capsys, monkeypatch, text, "plan", "-", "--format", form) for form in ("text", "json")]
    seen += [to_json(report), to_json(compare(text, BASE)), to_json(compare(BASE, text))]
    for output in seen:
        assert hidden not in output
        assert hidden not in json.dumps(output)
        assert hidden[:BEGINNING] not in output, "nor where a long value is cut"


@pytest.mark.parametrize(("text", "hidden"), cases(LOGS))
def test_a_log_is_explained_without_it(capsys, monkeypatch, text, hidden):
    assert hidden not in to_json(diagnose(text))
    assert hidden not in to_json(diagnose("ValueError: bad", config=text))
    assert hidden not in shown(capsys, monkeypatch, text, "diagnose", "-")
    assert hidden not in shown(capsys, monkeypatch, text, "diagnose", "-", "--format", "json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_asked_for_is_not_said_back(capsys, kind):
    form, hidden = KINDS[kind]
    for words in (["plan", "a.yaml", "--gpu"], ["plan", "a.yaml", "--rows"], ["model"], ["ask"], []):
        with suppress(SystemExit):
            cli.main([*words, form.format(hidden)])
        written = capsys.readouterr()
        assert hidden not in written.out + written.err
    for output in ("text", "json"):
        cli.main(["explain", form.format(hidden), "--format", output])
        written = capsys.readouterr()
        assert hidden not in written.out + written.err


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_of_the_faq_is_kept_without_it(kind):
    form, hidden = KINDS[kind]
    text = form.format(hidden)
    stored = cleaned(EntryContent(title=f"A {text}", text=f"Use {text}\n", aliases=(text,), phrases=(f"no {text}",)))
    assert hidden not in str(stored)
    plain = EntryContent(title="Set a token", text="Write `HF_TOKEN=hf_...` in `.env`, never in the config.")
    assert cleaned(plain).text == plain.text


@pytest.mark.parametrize("text", [BASE, BASE + "hub_model_id: org/hf_models\nwandb_project: token-tests\n"])
def test_no_secret_no_word_of_one(text):
    assert find(text) == ()
    assert check(text).secrets == ()
