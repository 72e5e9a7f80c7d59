"""No command of the terminal, and so no hook and no action, takes longer for a text than the bot does."""

import gc
import re

import pytest

from bot import cli
from bot.settings import Settings
from bot.time_limit import SECONDS
from tests.places import ROOT
from tests.world import CLEAN

ROWS = '{"instruction": "Say hi", "output": "hi"}\n'
COMMANDS = {
    "check": ["{config}"],
    "plan": ["{config}"],
    "compare": ["{config}", "{log}"],
    "next": ["{config}"],
    "explain": ["lora_r", "--config", "{config}"],
    "diagnose": ["{log}"],
    "health": ["{log}"],
    "new": ["--model", "Qwen/Qwen3-8B", "--dataset", "{rows}"],
    "model": ["Qwen/Qwen3-8B"],
    "ask": ["why is my loss flat and my packed run slower than before?"] * 60,
    "versions": ["{list}"],
}


@pytest.fixture
def files(tmp_path):
    """A config, a log and rows, long enough for the clock, which ticks every few milliseconds."""
    steps = "{'loss': 2.5, 'grad_norm': 0.9, 'learning_rate': 0.0002, 'epoch': 0.1}\n" * 2000
    packages = "".join(f"package-{number}==1.0\n" for number in range(40_000)) + "torch==2.0.1\n"
    texts = {
        "config": CLEAN + "".join(f"key_{number}: 1\n" for number in range(2000)),
        "log": f"{steps}Traceback (most recent call last):\nKeyError: 'text'\n",
        "list": packages,
        "rows": ROWS,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in texts}


@pytest.fixture
def without_collection():
    """No collection of garbage, in which Python would only report that the time is up."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collection")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_gives_up_when_the_time_is_up(command, files, monkeypatch, capsys):
    words = [command, *(word.format(**files) for word in COMMANDS[command])]
    monkeypatch.setenv("HELPBOT_CHECK_SECONDS", "0.0001")
    assert cli.main(words) == 2
    assert "takes more than 0.0001 seconds" in capsys.readouterr().err


def test_the_bot_and_the_command_line_have_the_same_limit():
    assert Settings().check_seconds == SECONDS
    for place in ("action.yml", ".pre-commit-hooks.yaml"):
        assert re.search(r"helpbot\"? check", (ROOT / place).read_text("utf-8"))
