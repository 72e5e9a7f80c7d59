"""A hostile value in every field, key, row, log line and name, and every surface searched for it: `make markup`.

Prints in how many messages markup of others lives (links, mentions, headings, workflow commands, control characters,
reordered text), and in how many a secret stands in clear. `tests/test_markup.py` draws a part of the same grid.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import re
import string
import sys
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from discord import ui

from bot import cli, jobs
from bot.answers import Checked
from bot.reading import read
from bot.request import CheckRequest
from bot.views.check.answer import answer_layout
from bot.views.check.sample import proposal_layout
from bot.views.check.share import share_summary
from bot.views.comparison import comparison_layout
from bot.views.diagnosis import diagnosis_layout
from bot.views.explanation import explanation_layout
from knowledge.check import check
from knowledge.compare import compare
from knowledge.config import load_types
from knowledge.diagnosis import diagnose
from knowledge.explanation import explain
from knowledge.json_values import to_json
from knowledge.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = {
    "base_model": "Qwen/Qwen2.5-0.5B",
    "datasets": [{"path": "org/rows", "type": "alpaca"}],
    "micro_batch_size": 2,
    "gradient_accumulation_steps": 4,
    "learning_rate": 0.0002,
}
SECRET = "hf_" + string.ascii_letters[:34]
HOSTILE = (
    "[free GPUs](https://evil.test/a) <@1> @everyone <#2> </ban:3> <t:0:R>",
    "1`[free](https://evil.test/b)` ``x`` <@&4>",
    "a\n# EVIL\n> quoted\n::error file=a::evil\n  ::add-mask::axolotl\n##[error]evil",
    "\x1b[31mred\x1b[0m \x00\x07\x9b \u202eevil\u202c \u2066a\u2069 \u200ba\ufeff",
    f"{SECRET} and https://me:{SECRET}@evil.test",
    "```\n[x](https://evil.test/c)\n```\n@here",
    "||hidden|| **[bold](https://evil.test/d)** _<@5>_",
)
_SHARER = 99
_SHORT = 30
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(?:.*?[^`])\1(?!`)")
_LIVE = {
    "link": re.compile(r"(?<!\\)\]\(https?:|https?://(?:[^\s/]*@)?evil", re.IGNORECASE),
    "mention": re.compile(r"(?<!\\)<(?:[@#]|/\w+:|t:)[&!]?\d?|(?<!\\)@(?:everyone|here)"),
    "heading": re.compile(r"^#{1,3} EVIL|^> quoted", re.MULTILINE),
}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_COMMAND = re.compile(r"^[ \t]*::(?!(?:error|warning|notice) file=)|##\[", re.MULTILINE)


def on_discord(text: str) -> list[str]:
    """What lives in a text of a message: Discord shows code as it is, and obeys the rest."""
    rest = _CODE.sub("", _FENCED.sub("", text))
    found = [name for name, pattern in _LIVE.items() if pattern.search(rest)]
    return found + everywhere(text)


def in_terminal(text: str) -> list[str]:
    """What lives in what a command writes, in a job of GitHub's too."""
    return (["workflow command"] if _COMMAND.search(text) else []) + everywhere(text)


def everywhere(text: str) -> list[str]:
    found = ["control character"] if _CONTROL.search(text) else []
    return [*found, "secret"] if SECRET[:20] in text else found


def configs(chance: random.Random, part: float = 1.0) -> Iterator[tuple[str, str]]:
    """(what holds the hostile value, the config): every field of Axolotl and of its blocks, as value, list and map."""
    types = load_types()
    places = [(name,) for name in types.root]
    places += [("datasets", name) for name in types.models["SFTDataset"]["fields"]]
    places += [(block, name) for block in ("trl", "lora_qat", "special_tokens", "deepspeed") for name in ("a", "path")]
    for place in chance.sample(places, max(1, int(part * len(places)))):
        value = chance.choice(HOSTILE)
        for shape, given in {"value": value, "list": [value, 1], "key": {value: value}}.items():
            config = {**BASE, place[0]: given}
            if place[0] == "datasets" and len(place) > 1:
                config["datasets"] = [{**BASE["datasets"][0], place[1]: given}]  # type: ignore[index,dict-item]
            elif len(place) > 1:
                config[place[0]] = {place[1]: given}
            yield f"{'.'.join(place)} as {shape}", yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    for number, value in enumerate(HOSTILE):
        yield f"unknown key {number}", yaml.safe_dump({**BASE, value: value}, sort_keys=False, allow_unicode=True)
        yield f"a comment and broken YAML {number}", yaml.safe_dump(BASE) + f"# {value}\nk: [\n{value}"


def of_config(text: str, name: str) -> Iterator[tuple[str, str]]:
    """(surface, text) of everything that Discord shows of a config under a name."""
    submission = read(name, text)
    report = check(submission.text)
    checked = Checked(CheckRequest(submission, owner=1, guild_id=2), report, gpus=1)
    yield from _texts("answer", answer_layout(checked, "key"))
    for surface, shown in _texts("share", share_summary(checked, _SHARER)):
        yield surface, shown.replace(f"<@{_SHARER}>", "")
    found = compare(submission.text, yaml.safe_dump(BASE))
    yield from _texts("comparison", comparison_layout(found, name, "b.yaml", 1))


def of_rows(value: str) -> Iterator[tuple[str, str]]:
    """The same of rows whose columns, roles and texts are hostile."""
    rows = json.dumps({value: value, "messages": [{"role": value, "content": value}]}).encode() * 2
    view, _ = proposal_layout(value, jobs.propose(rows, "rows.jsonl"))
    yield from _texts("proposal", view)
    config = yaml.safe_dump({**BASE, "datasets": [{"path": "a", "type": "chat_template", "field_messages": value}]})
    report = check(config, dataset=Sample(rows, "rows.jsonl"))
    checked = Checked(CheckRequest(read(value, config), owner=1, guild_id=2), report, gpus=1)
    yield from _texts("answer with rows", answer_layout(checked, "key"))


def of_words(value: str) -> Iterator[tuple[str, str]]:
    """The same of a log line, and of a name that is asked for."""
    for log in (f"{value}\nTraceback (most recent call last):\n  File 'a.py', line 1\nValueError: {value}\n", value):
        yield from _texts("diagnosis", diagnosis_layout(diagnose(read("a.log", log).text), 1))
    yield from _texts("explanation", explanation_layout(explain(value), 1))


def _texts(surface: str, view: ui.LayoutView) -> Iterator[tuple[str, str]]:
    for item in view.walk_children():
        if isinstance(item, ui.TextDisplay):
            yield surface, item.content
        elif isinstance(item, ui.Select):
            for option in item.options:  # shown as they are: only what is not seen could do harm
                yield f"{surface}, an option", f"`{option.label} {option.description or ''}`".replace("\n", " ")


def of_commands(text: str, name: str) -> Iterator[tuple[str, str]]:
    """What the command line writes of a file of that name, as in a job of GitHub's."""
    with tempfile.TemporaryDirectory() as folder, _in_a_job():
        path = _file(folder, name, text)
        for words in (("check",), ("check", "--format", "github"), ("check", "--format", "json"), ("diagnose",)):
            yield " ".join(words), _written(*words, path)


def of_every_command(value: str) -> Iterator[tuple[str, str]]:
    """What every command writes of files, names and questions that are the value, and of files of that name."""
    config, plain = yaml.safe_dump({**BASE, "wandb_project": value, value: value}, allow_unicode=True), value[:80]
    rows = json.dumps({value: value, "messages": [{"role": value, "content": value}]})
    log = f"{value}\n{{'loss': 2.0, 'learning_rate': 0.1, 'epoch': 0.1}}\nKeyError: {value!r}\n"
    with tempfile.TemporaryDirectory() as folder, _in_a_job():
        files = {
            kind: _file(folder, f"{kind} {name}", text)
            for kind, name, text in (
                ("config", f"{plain}.yaml", config),
                ("broken", f"{plain}.yaml", f"{config}k: [\n{value}"),
                ("rows", f"{plain}.jsonl", rows),
                ("log", f"{plain}.log", log),
                (
                    "list",
                    f"{plain}.txt",
                    f"Package Version\n------- -------\naxolotl 0.21.0\ntorch {plain}\n{plain} 1\n",
                ),
            )
        }
        config, absent = files["config"], str(Path(folder) / _plain(plain))
        for words in (
            *((command, path) for command in ("check", "plan", "next") for path in files.values()),
            *(("check", "--dataset", files["rows"], config), ("check", absent), (plain,), ("plan", plain, config)),
            *(
                ("plan", config, option, plain)
                for option in ("--gpu", "--rows", "--log", "--lengths", "--dataset", "--no-such")
            ),
            *(("compare", config, files[other]) for other in ("broken", "rows", "log", "config")),
            *(("explain", plain), ("explain", plain, "--config", config), ("explain", "lora_r", "--config", absent)),
            *(("diagnose", files["log"], "--config", config), ("health", files["log"], "--config", config)),
            *(("model", plain), ("ask", plain), ("faq", plain), ("faq", "import", files["list"])),
            *(("versions", files["list"]), ("versions", files["log"]), ("next", config, "--format", "modelfile")),
            ("new", "--model", plain),
            ("new", "--model", "Qwen/Qwen3-8B", "--dataset", files["rows"]),
            ("new", "--model", "Qwen/Qwen3-8B", "--type", plain),
            ("new", "--model", "Qwen/Qwen3-8B", "--type", "alpaca", "--hub-repository", plain, "--gpu", plain),
        ):
            named = " ".join(word if len(word) < _SHORT and "evil" not in word else "…" for word in words)
            yield named, _written(*words)
            if words[0] not in ("faq", "explain") and "--format" not in words:
                yield f"{named} as JSON", _written(*words, "--format", "json")


@contextlib.contextmanager
def _in_a_job() -> Iterator[None]:
    """As in a job of GitHub's."""
    before = os.environ.get("GITHUB_ACTIONS")
    os.environ["GITHUB_ACTIONS"] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ["GITHUB_ACTIONS"]
        else:
            os.environ["GITHUB_ACTIONS"] = before


def _plain(name: str) -> str:
    """A name that a file may have."""
    return re.sub(r"[/\x00]", "_", name)[:100]


def _file(folder: str, name: str, text: str) -> str:
    suffix = Path(_plain(name)).suffix or ".yaml"
    path = Path(folder) / f"{_plain(name).removesuffix(suffix)}{suffix}"
    path.write_text(text, "utf-8")
    return str(path)


def _written(*words: str) -> str:
    """What a command writes on both streams."""
    both = io.StringIO()
    with contextlib.redirect_stdout(both), contextlib.redirect_stderr(both), contextlib.suppress(SystemExit):
        cli.main(list(words))
    return both.getvalue()


def searched(seed: int, part: float) -> Iterator[tuple[str, list[str], str]]:
    """(where, what lives there, the text) of each message of a part of the grid."""
    chance = random.Random(seed)  # noqa: S311 - a grid that can be repeated
    for what, text in configs(chance, part):
        name = chance.choice(HOSTILE)
        for surface, shown in of_config(text, name):
            yield f"{surface}: {what}", on_discord(shown), shown
        if chance.random() < min(1.0, 3 * part):
            for surface, shown in of_commands(text, name):
                yield f"{surface}: {what}", in_terminal(shown), shown
    for number, value in enumerate(HOSTILE):
        for surface, shown in (*of_rows(value), *of_words(value)):
            yield f"{surface}: value {number}", on_discord(shown), shown
    for value in chance.sample(HOSTILE, max(1, round(part * len(HOSTILE)))):
        for surface, shown in of_every_command(value.replace("\x00", "")):
            yield f"{surface}: {value!r}", in_terminal(shown), shown
    report = check(yaml.safe_dump({**BASE, **{value: value for value in HOSTILE}}))
    yield "JSON", everywhere(to_json(report)), to_json(report)


def walked_through(part: float) -> Iterator[tuple[str, list[str], str]]:
    """The same of everything that the bot sends while members use all of it, with a part of the hostile values."""
    from benchmarks.markup_discord import walked

    for value in HOSTILE[: round(len(HOSTILE) * part)]:
        with tempfile.TemporaryDirectory() as folder:
            yield from asyncio.run(walked(Path(folder), value))


def main() -> int:
    """Prints the count; exit 1 where something lives."""
    messages = alive = 0
    part = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    for where, found, shown in chain(searched(seed=1, part=part), walked_through(part)):
        messages += 1
        if found:
            alive += 1
            print(f"{where}: {', '.join(found)}\n    {shown[:300]!r}")
    print(f"{messages} messages, {alive} with live markup or a secret in clear (target 0)")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
