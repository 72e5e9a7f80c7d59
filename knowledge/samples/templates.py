"""Chat templates: what Axolotl's own ones do with a conversation, and what can be told of a custom one by its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from knowledge.samples.sandbox import Refused, message_keys, named_template, render, written_template
from knowledge.samples.template_facts import template_facts

if TYPE_CHECKING:
    from jinja2 import Template as Jinja

BOS, EOS = "<bos-token>", "<eos-token>"
"""How templates.json writes the tokens that a template takes from the tokenizer."""

_TRIAL = 0.05
"""Seconds in which a template prints two turns."""

_SPECIAL = re.compile(r"<[^<>\s'\"{}]{1,40}>|\[/?[A-Z_]{2,30}\]|\[\|[a-z]+\|\]")
_TAG = re.compile(r"\{%-?\+?\s*(\w+)|\{\{|\{#")
_OPENS = {"for": "endfor", "if": "endif", "macro": "endmacro", "call": "endcall", "filter": "endfilter"}
_OPENS |= {"generation": "endgeneration", "raw": "endraw", "block": "endblock"}
_CONTENT = r"(?:\.content|\[\s*['\"]content['\"]\s*\])"
_CONCAT = re.compile(rf"\+\s*\w+{_CONTENT}(?!\s*\|)|(?<!\w)\w+{_CONTENT}\s*\+")
_TRIM = re.compile(rf"{_CONTENT}\s*\|\s*trim")
_ROLE = r"(?:\.role|\[\s*['\"]role['\"]\s*\])"
_ROLE_CONCAT = re.compile(rf"\+\s*\w+{_ROLE}|(?<!\w)\w+{_ROLE}\s*\+")


@dataclass(slots=True)
class Template:
    """What a template prints and refuses.

    Attributes:
        name: as in the config, or "" for the tokenizer's own one.
        certain: its behavior is known, so that a refusal is sure.
        around: role -> what stands before and behind its content; None where the role is not printed.
        refuses: what makes it raise, in the words of templates.json.
        passed: the keys of a message that it is given with the mapped ones.
        jinja: the template itself, None where it is not at hand.
        shown: the name of the template that rows are shown with in place of one that is not at hand.
        closing: what stands behind an assistant's content, of a template that was tried; None where it was not.
    """

    name: str
    certain: bool = False
    bos: bool = False
    eos_named: bool = False
    specials: frozenset[str] = frozenset()
    lead: int = 0
    around: dict[str, list[str] | None] = field(default_factory=dict)
    refuses: frozenset[str] = frozenset()
    trims: bool = False
    keys: frozenset[str] = frozenset()
    prints_calls: bool = True
    prints_thoughts: bool = True
    passed: frozenset[str] = frozenset()
    jinja: Jinja | None = None
    shown: str = ""
    closing: str | None = None

    def holds(self, token: str, eos: str | None) -> bool:
        """Whether a token stands in the template's text."""
        return token in self.specials or (token == eos and self.eos_named)

    def end(self) -> str | None:
        """What is printed behind an assistant's content, None where that is not known."""
        around = self.around.get("assistant")
        return around[1] if around else self.closing

    def prints(self, role: str) -> bool:
        """Whether turns of a role are printed; roles that are not known count as printed."""
        name = role if role in self.around else "other"
        return self.around.get(name, []) is not None

    def before(self, role: str) -> str:
        """What is printed before a turn."""
        around = self.around.get(role) or self.around.get("other")
        return around[0] if around else ""

    def behind(self, role: str) -> str:
        """What is printed behind a turn, up to the next one."""
        around = self.around.get(role) or self.around.get("other")
        return around[1] if around else ""


def template_names() -> tuple[str, ...]:
    """The templates that ship with Axolotl."""
    return tuple(template_facts())


def template_named(name: str) -> Template | None:
    """One of Axolotl's own templates."""
    facts = template_facts().get(name)
    if facts is None:
        return None
    return Template(
        name,
        certain=True,
        bos=facts["bos"],
        eos_named=facts["eos_named"],
        specials=frozenset(facts["specials"]),
        lead=facts["lead"],
        around=facts["around"],
        refuses=frozenset(facts["refuses"]),
        trims=facts["trims"],
        keys=frozenset(facts["keys"]),
        prints_calls=facts["prints_calls"],
        prints_thoughts=facts["prints_thoughts"],
        passed=frozenset(facts["passed"]),
        jinja=named_template(name),
    )


def template_of_model(resembles: str | None, shown: str = "") -> Template:
    """The tokenizer's own template: what it resembles tells its tokens, but not for sure what it refuses.

    Args:
        resembles: The template of templates.json whose facts hold for it.
        shown: The template that rows are shown with.
    """
    known = template_named(resembles or "")
    found = known or Template("")
    found.name = ""
    stand_in = template_named(shown)
    if stand_in is not None:
        found.shown, found.jinja, found.passed = shown, stand_in.jinja, stand_in.passed
    found.certain = False
    found.refuses = frozenset({"no-role", "number-role"}) | (found.refuses & {"number-user", "number-assistant"})
    return found


def template_written(text: str) -> Template:
    """A template given as text: what its text shows without running it, and the template to run.

    Raises:
        Refused: it is not a template; in one sentence.
    """
    refuses = set()
    if _CONCAT.search(text):
        refuses |= {f"missing-{role}" for role in ("user", "assistant", "system", "call")}
        refuses |= {"number-user", "number-assistant", "null-system"}
    if _ROLE_CONCAT.search(text):
        refuses |= {"no-role", "number-role"}
    if "raise_exception" in text:
        # Such a template tells turns apart, so a text that it joins somewhere may not be every turn's.
        refuses = {each for each in refuses if "number" in each or each == "no-role"}
    jinja = written_template(text)
    return Template(
        "jinja",
        certain=True,
        bos="bos_token" in text,
        eos_named="eos_token" in text,
        specials=frozenset(_SPECIAL.findall(text)),
        refuses=frozenset(refuses),
        trims=bool(_TRIM.search(text)),
        keys=frozenset(re.findall(r"[.'\"](tool_calls|reasoning_content|name|tool_call_id|thinking)\b", text)),
        prints_calls="tool_calls" in text,
        prints_thoughts="reasoning_content" in text,
        passed=message_keys(text),
        jinja=jinja,
        closing=_closing(jinja),
    )


def _closing(jinja: Jinja) -> str | None:
    """What a template prints behind an answer, whether a turn follows or not; None where it refuses a short talk."""
    asked, said = {"role": "user", "content": "zqa"}, {"role": "assistant", "content": "zqb"}
    try:
        tails = [
            render(jinja, {"messages": turns, "bos_token": BOS, "eos_token": EOS}, _TRIAL).partition("zqb")[2]
            for turns in ([asked, said], [asked, said, asked])
        ]
    except Refused:
        return None
    alike = takewhile(lambda letters: letters[0] == letters[1], zip(*tails, strict=False))
    return "".join(letter for letter, _ in alike)


def syntax_fault(text: str) -> str | None:
    """What is wrong with the blocks of a template's text, in words; None where they are in order."""
    open_blocks: list[str] = []
    at = 0
    while True:
        found = _TAG.search(text, at)
        if found is None:
            break
        opening = found[0][:2]
        closing = {"{%": "%}", "{{": "}}", "{#": "#}"}[opening]
        end = text.find(closing, found.start() + 2)
        if end < 0:
            return f"`{opening}` is never closed with `{closing}`"
        at = end + 2
        word = found[1]
        if opening != "{%" or word is None:
            continue
        if word == "set" and "=" not in text[found.start() : end]:
            open_blocks.append("endset")
        elif word in _OPENS:
            open_blocks.append(_OPENS[word])
        elif word.startswith("end"):
            if not open_blocks or open_blocks[-1] != word:
                return f"`{{% {word} %}}` closes nothing"
            open_blocks.pop()
        elif word in ("else", "elif") and not open_blocks:
            return f"`{{% {word} %}}` is outside a block"
    return f"`{{% {open_blocks[-1]} %}}` is missing" if open_blocks else None
