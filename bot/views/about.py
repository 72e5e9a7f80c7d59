"""What the bot is, what it stores, and how it is used; the first message in a new server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.kit.layout import Colour, container, layout, small

if TYPE_CHECKING:
    from collections.abc import Sequence

ABOUT = (
    "Give me a config, and I tell you what Axolotl refuses, what it silently ignores, what runs but not as you "
    "meant, and what the run will really do: batch, steps, memory, and disk."
)
STORED = (
    "**Stored** for a server: its FAQ and who changed it, settings, muted rules, reports of wrong advice (rule, "
    "field names, your words), counts of FAQ views and failed searches, and what became of posts in help "
    "channels. All of it is deleted 30 days after the bot leaves the server; `/faq-admin export` gives the server "
    "its own copy.\n**Never stored**: configs, datasets, logs, messages. A config is kept in memory, its secrets "
    "masked, for an hour at most, so that the buttons under its answer work.\n**Sent to the Hub**: the names of "
    "models and datasets in a config or a command, with revision and split, private ones too, to look them up "
    "without a token; nothing else, and not who asked.\n**Private**: answers are seen by you only, unless "
    "you press Share summary."
)
SOURCES = (
    "Facts are generated from Axolotl's own source; advice says whose it is. It sees what is public on the Hub, not "
    "private models and datasets, nor your drivers."
)
HELP = (
    "**Give me any of these**, in any box, together if you like:\n"
    "- a config: `/checkconfig file:config.yaml`\n"
    "- a log or an error: `/checkconfig file:train.log`, `/explain field:KeyError: 'instruction'`\n"
    "- rows of your dataset: `/checkconfig dataset:rows.jsonl`\n"
    "- a question: `/ask question:why only 12 steps?`\n\n"
    "**Check a config** `/checkconfig file:` and choose your YAML file; without one, a form opens where you can paste "
    "it. `gpus:` says how many GPUs the run has, `dataset:` accepts some rows (alone, it tells "
    "you which block fits them), and `version:` names an older Axolotl.\n\n"
    "**Check a message** open its menu, Apps, **Check message**: code blocks and files in it are read.\n\n"
    "**Ask in your own words** `/ask question:why does my model never stop?`; a log or the line of an error leads to "
    "its cause.\n\n"
    "**Ask what a field does** `/explain field:sequence_len`; type a few letters for suggestions.\n\n"
    "**Keep the batch on other GPUs** `/batchsize micro_batch_size:2 gradient_accumulation_steps:75 gpus:4`\n\n"
    "**What differs between two configs** `/compare a: b:`\n\n"
    "**Look it up** `/faq topic:`"
)
MODERATORS = (
    "**Moderators**: `/faq-admin add` and `edit` keep the FAQ, `/faq-admin settings` sets the moderator role, the "
    "usual Axolotl release and GPU count, `/help-channels add` lets the bot help in a channel, "
    "`/rules mute` keeps a rule quiet here, `/rules reports` shows reports of "
    "wrong advice."
)
WELCOME = (
    "### Axolotl Help is here\n"
    "It reads configs for the fine-tuning tool Axolotl and says what will go wrong before you rent a GPU. Answers are "
    "private.\n\n"
    "**Start with** `/checkconfig` for your config, `/explain` for a field, `/faq` for a topic.\n\n"
    "**For moderators**: `/faq-admin settings` sets who may edit the FAQ, and the Axolotl release and GPU count that "
    "members here usually have; `/faq-admin import` brings the starter FAQ."
)


def about_layout(version: str, axolotl: str, source: str, buttons: Sequence[ui.Item[Any]] = ()) -> ui.LayoutView:
    """The answer to /about, with buttons below it."""
    head = f"### Axolotl Help {version}\n{small(f'based on Axolotl {axolotl}')}\n{ABOUT}"
    origin = f"{SOURCES} Source: {source}" if source else SOURCES
    return layout(
        container(
            Colour.NEUTRAL,
            ui.TextDisplay(head),
            ui.Separator(),
            ui.TextDisplay(STORED),
            ui.Separator(),
            ui.TextDisplay(origin),
        ),
        *([ui.ActionRow(*buttons)] if buttons else []),
    )


def help_layout(*, moderator: bool) -> ui.LayoutView:
    """The answer to /help."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"### How to use this\n{HELP}")]
    if moderator:
        items += [ui.Separator(), ui.TextDisplay(MODERATORS)]
    return layout(container(Colour.NEUTRAL, *items))


def welcome_layout() -> ui.LayoutView:
    """The first message in a server that added the bot."""
    return layout(container(Colour.NEUTRAL, ui.TextDisplay(WELCOME)))
