"""Nobody's words become a link, a mention, a heading or a command, and no secret is shown, on any surface."""

import pytest

from benchmarks.markup import HOSTILE, in_terminal, on_discord, searched
from benchmarks.markup_discord import walked
from bot import cli


@pytest.mark.parametrize("seed", range(2, 6))
def test_nothing_of_others_lives_on_any_surface(seed):
    messages = list(searched(seed, part=0.02))
    assert len(messages) > 200
    assert [(where, found, shown[:200]) for where, found, shown in messages if found] == []


@pytest.mark.parametrize("value", [HOSTILE[0], HOSTILE[4]])
async def test_nothing_of_others_lives_in_what_the_bot_sends(tmp_path, value):
    pieces = list(await walked(tmp_path, value, whole=False))
    assert len(pieces) > 500
    assert [(where, found, text[:200]) for where, found, text in pieces if found] == []


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_as_it_stands_would_be_noticed(value):
    assert on_discord(value)


def test_a_command_of_a_job_would_be_noticed():
    assert in_terminal("::add-mask::x") == ["workflow command"]
    assert in_terminal("   ::error::x")
    assert not in_terminal("::error file=a,line=1::x")


def test_the_corrected_copy_keeps_every_other_character(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    path = tmp_path / "config.yaml"
    text = "base_model: a/b\n# \u05e9\u05c1 ::x\nmax_seq_length: 2048\nmicro_batch_size: 2\n"
    path.write_text(text, "utf-8")
    cli.main(["check", "--fix", str(path)])
    assert capsys.readouterr().out == text.replace("max_seq_length", "sequence_len")
