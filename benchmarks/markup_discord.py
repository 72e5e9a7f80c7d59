"""One hostile value in every box of the bot on an in-process Discord, and every request that it makes searched for it.

The value is the name of the server, its members and its files, every option and field of a form, the title of an FAQ
entry, the words and rows of a config and a log, what the Hub holds; every command, menu and help channel is used, and
every button that they offer. The text of an FAQ entry is Markdown for moderators to write: there only what nobody sees
and secrets count.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from discord import AppCommandOptionType

from benchmarks.markup import everywhere, on_discord
from bot.hub.example import ExampleHub
from bot.logs import LogFormat
from bot.store import EntryContent
from bot.store.content import clean_text
from bot.store.errors import InvalidEntry
from knowledge.secrets import mask
from tests.bot.hub.stand_in import dataset, model
from tests.cogs.test_access import COMMANDS, MENUS
from tests.explorer import Explorer, recorded
from tests.world import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ENTRY = "This is the text of an entry: "
"""In front of what an entry says: there links are for moderators to write."""
_LONG = 40
"""Characters from which an option takes so much of a value that it is still hostile."""
_NAMED = re.compile(r"<[@#]&?\d{15,}>")
"""Members, roles and channels that the bot itself names; those of the hostile values have shorter numbers."""


def config_of(value: str) -> str:
    """A config in which the value stands wherever others' words are shown: values, keys, names, a comment."""
    written: dict[str, Any] = {
        "base_model": "org/llama",
        "datasets": [{"path": "org/rows", "type": value, "message_property_mappings": {value: value}}],
        "micro_batch_size": 2,
        "gradient_accumulation_steps": 4,
        "learning_rate": 0.0002,
        "optimizer": value,
        "added_tokens_overrides": {value: 1},
        "max_memory": {value: value},
        value: value,
    }
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True) + f"# {value!r}\n"


def log_of(value: str) -> str:
    """A log of a run that failed with the value in its last words."""
    steps = "".join(
        f"{{'loss': {3 - step / 9}, 'learning_rate': 0.0002, 'epoch': {step / 20}}}\n" for step in range(1, 21)
    )
    return (
        f"[2026-01-05 10:00:00,000] [INFO] [axolotl.train] {value}\n{steps}Traceback (most recent call last):\n"
        f'  File "/opt/{value}.py", line 120, in train\n    train()\nKeyError: {value!r}\n'
    )


def rows_of(value: str) -> bytes:
    """Rows whose column, role and texts are the value."""
    return json.dumps({value: value, "messages": [{"role": value, "content": value}]}).encode() * 3


async def walked(folder: Path, value: str, *, whole: bool = True) -> Iterator[tuple[str, list[str], str]]:
    """(where, what lives there, the text) of each piece of every request, and of each line of the bot's log.

    Args:
        folder: For the bot's database.
        value: The hostile value.
        whole: Whether each option is also used by itself, and everything completed.
    """
    hub = ExampleHub(
        [model(config={"architectures": [value], "model_type": value, "torch_dtype": value})],
        [dataset(rows={value: {value: [{value: value, "text": value}] * 3}})],
    )
    more = {"member_burst": 10**6, "guild_burst": 10**6, "help_channels": "on", "hub": "on"}
    with hub.serve_apart() as address, pytest.MonkeyPatch.context() as patch, _logged() as lines:
        sent = recorded(patch)
        async with running(folder, hub_endpoint=address, hub_viewer=address, **more) as world:
            await _use(world, value, value[:90], whole=whole)
    return _searched(sent, lines, value)


def _searched(sent: list[Any], lines: list[str], value: str) -> Iterator[tuple[str, list[str], str]]:
    for request in sent:
        for where, text, markdown in _shown(*request):
            own = _NAMED.sub("", text.replace(f"{_ENTRY}{clean_text(mask(value))}", _ENTRY))
            yield where, on_discord(own) if markdown else everywhere(own), text
    for line in lines:
        yield "a line of the log", ["words of others"] * bool(written(value) & written(line)), line


def written(text: str) -> set[str]:
    """The words of a hostile value by which it is known again."""
    return set(re.findall(r"evil\.test|add-mask|hf_\w{10}", text))


async def _use(world: Any, value: str, short: str, *, whole: bool) -> None:
    """Uses everything once, with the value in every box."""
    explorer = Explorer(world.max, short, f"{_ENTRY}{value}")
    content = EntryContent(title=short, text=f"{_ENTRY}{value}", category=short[:40], aliases=(short[::-1],))
    with suppress(InvalidEntry):  # where nothing is left of it once what is not seen is gone
        await world.bot.services.store.faq.add(world.guild.id, content, author_id=world.max.id)
    for name, (_, known) in COMMANDS.items():
        free = _texts(world, name, short)
        alone = [known, *(known | {option: text} for option, text in free.items())] if whole else []
        for options in (known | free, *alone):
            given = options | ({"channel": world.channel} if "channel" in options else {})
            await explorer.use(await world.max.slash(world.channel, name, **given))
    for command in world.bot.tree.walk_commands():
        for each in (each for each in getattr(command, "parameters", ()) if each.autocomplete):
            for typed in ("", short, short[:3]) if whole else ():
                await world.max.autocomplete(world.channel, command.qualified_name, each.display_name, typed)
    await world.max.slash(world.channel, "rules mute", rule="wrong-type", reason=value[:200])
    explorer.pressed.clear()
    file, rows = (f"{short}.yaml", config_of(value).encode()), (f"{short}.jsonl", rows_of(value))
    log, words = (f"{short}.log", log_of(value).encode()), (f"{short}.txt", value.encode())
    for options in ({"file": file, "dataset": rows}, {"file": log}, {"dataset": rows}, {"file": words}):
        await explorer.use(await world.max.slash(world.channel, "checkconfig", **options))
    other = ("b.yaml", config_of("x").encode())
    await explorer.use(await world.max.slash(world.channel, "compare", a=file, b=other))
    block = f"{value}\n```yaml\n{config_of(value)[:1500]}```"
    for message in (
        await world.ann.send(world.channel, block, attachments=[log]),
        await world.ann.send(world.channel, value),
    ):
        for menu in MENUS:
            await explorer.use(await world.max.context_menu(world.channel, menu, message))
    for mode in ("offer", "answer"):
        channel = world.guild.create_text_channel(f"help-{mode}")
        await world.max.slash(world.channel, "help-channels add", channel=channel, mode=mode)
        author = Explorer(world.ann, short, value)
        for attachment in (file, log, rows):
            await world.ann.send(channel, value, attachments=[attachment])
        for message in channel.history():
            if message.author.id == world.bot.user.id:
                await author.press(message)


def _texts(world: Any, name: str, short: str) -> dict[str, Any]:
    """The value for each option of a command that takes free text of some length."""
    command = world.bot.tree.get_command(name.split()[0])
    for part in name.split()[1:]:
        command = command.get_command(part)
    return {
        each.display_name: short[: each.max_value or len(short)]
        for each in command.parameters
        if each.type is AppCommandOptionType.string and not each.choices and (each.max_value or _LONG) >= _LONG
    }


def _shown(method: str, path: str, body: Any) -> Iterator[tuple[str, str, bool]]:
    """(where, text, whether it is Markdown) of each piece of a request that people see."""
    where = f"{method} {re.sub(r'[0-9]{15,}|_[0-9]+|/[^/]{60,}', '*', path)}"
    queue: list[Any] = [] if path.endswith("/commands") else [body]
    while queue:
        part = queue.pop()
        if isinstance(part, list):
            queue += part
        elif isinstance(part, dict):
            for name in ("content", "label", "description", "placeholder", "title", "name", "filename"):
                if isinstance(part.get(name), str):
                    yield f"{where} {name}", part[name], name == "content"
            queue += part.values()


@contextmanager
def _logged() -> Iterator[list[str]]:
    """The lines that the bot writes into its log until the end, at its most talkative."""
    lines: list[str] = []
    form = LogFormat()

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(form.format(record))

    handler, logger = Collector(logging.DEBUG), logging.getLogger("bot")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
