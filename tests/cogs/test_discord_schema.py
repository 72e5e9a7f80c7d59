"""Every kind of request that the bot makes, against the schema that Discord publishes for its interface."""

import copy
import json
import re
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from bot.store import EntryContent
from tests.cogs.test_access import COMMANDS, MENUS, PRESSES
from tests.cogs.test_help_channels import Help
from tests.explorer import Explorer, recorded
from tests.places import ROOT
from tests.world import BROKEN, answer, running

SCHEMA = json.loads((ROOT / "tests/cogs/discord_schema.json").read_text("utf-8"))
# The library writes the ids of files as numbers, which Discord takes as well.
SCHEMA["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"], "pattern": "^(0|[1-9][0-9]*)$"}
VALIDATORS = {
    tuple(name.split(" ")): Draft202012Validator({**schema, "components": SCHEMA["components"]})
    for name, schema in SCHEMA["requests"].items()
}
TEXT = "😀 *word* `code` @everyone " * 200
ROWS = b'{"instruction": "Say hi", "input": "", "output": "hi"}\n' * 20


def validator(method, path):
    """The schema of a request, the most literal path first; None where the schema wants no body."""
    for verb, template in sorted(VALIDATORS, key=lambda key: key[1].count("{")):
        if verb == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return VALIDATORS[verb, template]
    return None


def violations(method, path, body):
    """What the schema minds in a request."""
    found = validator(method, path)
    if found is None:
        return [] if body is None else [f"{method} {path}: a body that no schema is known of"]
    return [f"{method} {path} {error.json_path}: {error.message[:200]}" for error in found.iter_errors(body)]


@pytest.fixture
def sent(monkeypatch):
    """Every request to the in-process Discord, as it stands on the wire."""
    return recorded(monkeypatch)


async def _further(world, explorer):
    """What is offered only under an answer of its kind: pages, a config that fits, a saved entry, help channels."""
    large = BROKEN.replace("Qwen/Qwen2.5-0.5B", "meta-llama/Llama-3.1-70B")
    many = large + "".join(f"key_{number}: 1\n" for number in range(300))
    given = {"file": ("a.yaml", many.encode()), "gpu": "RTX 3090"}
    await explorer.use(await world.max.slash(world.channel, "checkconfig", **given))
    await explorer.use(await world.max.slash(world.channel, "faq"))
    for question in ("purple elephants under the sea", "what does sample_packing do", "what is lora_r"):
        await explorer.use(await world.max.slash(world.channel, "ask", question=question))
    explorer.text = explorer.long = "A new entry"
    digest = world.bot.services.proposals.asked("how do I pack rows")
    store = world.bot.services.store.faq
    entry = await store.add(world.guild.id, EntryContent(title="Often edited", text="0"), author_id=1)
    world.bot.services.proposals.helped(world.guild.id, entry.id, digest)
    for name in ("faq-admin add", "faq-admin stats"):
        await explorer.use(await world.max.slash(world.channel, name))
    first = (await store.get(world.guild.id, entry.id)).version
    for number in range(first, first + 12):
        content = EntryContent(title="Often edited", text=str(number))
        await store.edit(world.guild.id, entry.id, content, expected=number, author_id=1)
    await explorer.use(await world.max.slash(world.channel, "faq-admin history", entry="Often edited"))
    for mode in ("quiet", "offer", "answer"):
        channel = world.guild.create_text_channel(mode)
        await world.max.slash(world.channel, "help-channels add", channel=channel, mode=mode)
        post = await world.ann.send(channel, "help", attachments=[("a.yaml", BROKEN.encode())])
        if mode == "quiet":
            await world.ann.react(post, "🔎")
        explorer.who = world.ann
        for message in [each for each in channel.history() if each.author.id == world.bot.user.id]:
            await explorer.press(message)
        explorer.who = world.max
    room = Help(world.bot, world.env)
    await room.open()
    thread = await room.post("Nothing works", f"```yaml\n{BROKEN}```")
    explorer.who = room.ann
    for message in room.said(thread):
        await explorer.press(message)
    explorer.who = world.max


async def test_every_command_button_and_form_sends_what_discord_takes(tmp_path, sent):
    async with running(tmp_path, member_burst=10**6, guild_burst=10**6, help_channels="on") as world:
        content = EntryContent(title="Packing", text="line of text\n" * 250, category="Rows", fields=("lora_r",))
        await world.bot.services.store.faq.add(world.guild.id, content, author_id=1)
        explorer = Explorer(world.max, TEXT)
        for name, (_, options) in COMMANDS.items():
            given = options | ({"channel": world.channel} if "channel" in options else {})
            await explorer.use(await world.max.slash(world.channel, name, **given))
        check = {"file": ("ру́сский (1).yaml", BROKEN.encode()), "dataset": ("rows.jsonl", ROWS)}
        for given in (check, {"dataset": check["dataset"]}, {}):
            await explorer.use(await world.max.slash(world.channel, "checkconfig", **given))
        message = await world.ann.send(world.channel, f"why?\n```yaml\n{BROKEN}```")
        for menu in MENUS:
            await explorer.use(await world.max.context_menu(world.channel, menu, message))
        await _further(world, explorer)
        await world.max.slash(world.channel, "rules mute", rule="foreign-key", reason="not here")
        completed = [
            (command.qualified_name, each.display_name)
            for command in world.bot.tree.walk_commands()
            for each in getattr(command, "parameters", ())
            if each.autocomplete
        ]
        offered = Counter()
        for name, option in completed:
            for typed in ("", "a", "lora", "packing", "x" * 90):
                offered[name, option] += len(await world.max.autocomplete(world.channel, name, option, typed))
        assert answer(await world.ann.slash(world.channel, "explain", field="nothing of the kind"))
    assert [each for request in sent for each in violations(*request)] == []
    assert {kind for kind in explorer.offered if not explorer.pressed[kind]} == set()
    assert set(PRESSES) - set(explorer.pressed) == set()
    assert [each for each in completed if not offered[each]] == []
    assert {method for method, path, _ in sent if path.endswith("/commands")} == {"PUT"}


def _message(part):
    return "POST", "/channels/1/messages", {"components": [part], "flags": 1 << 15}


def _row(*parts):
    return {"type": 1, "components": list(parts)}


_FINE = {"type": 2, "style": 2, "label": "x", "custom_id": "x"}
_OPTION = {"label": "a", "value": "a"}
FAULTS = {
    "a label of 81": _message(_row({**_FINE, "label": "x" * 81})),
    "an id of 101": _message(_row({**_FINE, "custom_id": "x" * 101})),
    "six buttons": _message(_row(*[_FINE] * 6)),
    "26 options": _message(_row({"type": 3, "custom_id": "x", "options": [_OPTION] * 26})),
    "no text": _message({"type": 10, "content": ""}),
    "a colour of 25 bits": _message(
        {"type": 17, "accent_color": 1 << 24, "components": [{"type": 10, "content": "x"}]}
    ),
    "a type of none": _message({"type": 99}),
    "a form's title of 46": (
        "POST",
        "/interactions/1/token/callback",
        {"type": 9, "data": {"custom_id": "x", "title": "x" * 46, "components": []}},
    ),
    "a command's description of 101": (
        "PUT",
        "/applications/1/commands",
        [{"name": "about", "type": 1, "description": "x" * 101}],
    ),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_the_schema_minds_what_discord_refuses(fault):
    assert violations(*copy.deepcopy(FAULTS[fault]))
    assert violations(*_message(_row(_FINE))) == []
