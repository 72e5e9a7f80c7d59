"""Sentences of the answers to questions, and the names and descriptions of their commands."""

from __future__ import annotations

from knowledge.facts import load_names

ASK = "Ask about training with Axolotl in your own words"
QUESTION = "Your question, a name you half remember, or an error line"
MENU = "Answer this"

PERHAPS = (
    "### One of these may answer it\nI am not sure that any of them is what you mean. Choose one to read all of it."
)
UNKNOWN = (
    "### I do not know the answer to this\n"
    "Show me what you have, and I can say more:\n"
    "- your config, with `/checkconfig file:`: what Axolotl refuses or ignores, memory, steps, and time\n"
    "- the log of a run that failed, the same way: its cause and what to change\n"
    "- some rows of your dataset, with `/checkconfig dataset:`: which `type` reads them\n\n"
    "For people to help you, write in the channel what you wanted, what happened instead, your config, the last 30 "
    "lines of the log, your GPUs, and your Axolotl version."
)
READ = "Read one of them"
NEAREST = "The closest matches, which may be about something else"
OTHERS = "Or did you mean"
READ_ALL = "Read all of it"
HELPED = "That helped"
NOT_HELPED = "That did not help"
POST = "Post as a reply"
GONE = "That entry no longer exists. Ask again with `/ask`."
NO_QUESTION = "This message has nothing to search for. It needs a question, a config, or a log."
_SOURCES = {
    "faq": "from the FAQ",
    "field": "a field of the config",
    "concept": "a concept",
    "kind": "a dataset type",
    "error": "a known error",
    "rule": "a finding of the check",
}


def source(kind: str) -> str:
    """Where an answer comes from, and for which release it holds."""
    return f"{_SOURCES[kind]} · Axolotl {load_names().releases[-1]}"
