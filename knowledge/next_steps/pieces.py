"""A chat template taken apart by rendering short conversations: what stands before and behind the content of a turn.

Nothing is read from the template's own text. What was found is proven on further conversations, and what it does not
cover is told by name.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from knowledge.samples.sandbox import Refused, render
from knowledge.samples.templates import template_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2 import Template

    Message = dict[str, Any]

_BOS: Final = "<bos-token>"
_S, _U, _A, _V, _B = "Qsystem0Q", "Quser1Q", "Qanswer2Q", "Quser3Q", "Qanswer4Q"
_THOUGHT: Final = "<think>\nQthought5Q\n</think>\n\nQanswer6Q"
_CALL: Final = {"type": "function", "function": {"name": "look", "arguments": {"place": "here"}}}
_TOOL: Final = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Look at a place",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}
_NO_SYSTEM: Final = "system messages"


class Pieces(NamedTuple):
    """What stands before and behind the content of each kind of turn.

    `last` is the answer that ends a conversation, which some templates print in another way. `ask` stands behind a user
    who waits for an answer. `system` is None where a system message is refused or printed elsewhere; `default` is the
    system message that stands where none is given.
    """

    user: tuple[str, str]
    assistant: tuple[str, str]
    last: tuple[str, str]
    ask: str
    system: tuple[str, str] | None
    default: str

    def rendered(self, messages: Sequence[Message], *, ask: bool = True) -> str:
        """The text of a conversation; `ask` for an answer where a user's turn ends it."""
        given = list(messages)
        if self.default and self.system and given[0]["role"] != "system":
            given = [{"role": "system", "content": self.default}, *given]
        turns = {"user": self.user, "assistant": self.assistant}
        if self.system:
            turns["system"] = self.system
        parts = []
        for index, message in enumerate(given):
            ends = index == len(given) - 1
            role = message["role"]
            if role in turns:
                before, behind = self.last if ends and role == "assistant" else turns[role]
                parts += [before, message["content"], behind]
            if ends and role == "user" and ask:
                parts.append(self.ask)
        return "".join(parts)


def pieces_of(name: str, eos: str | None) -> Pieces | str:
    """One of Axolotl's templates taken apart, or why it cannot be, as the end of a sentence."""
    template = template_named(name)
    if template is None or template.jinja is None:
        return "it is not one of Axolotl's own"
    if template.eos_named and not eos:
        return "it ends an answer with the model's end token, which `special_tokens.eos_token` does not name"
    try:
        found = _taken_apart(template.jinja, eos or "")
    except Refused as refused:
        return f"it refuses a plain conversation ({refused})"
    if found is None or not _proven(found, template.jinja, eos or ""):
        return "what it prints around a turn depends on the other turns"
    return found


def missing_of(found: Pieces, name: str, eos: str | None) -> tuple[str, ...]:
    """What the template prints in another way than its pieces do, by name, such as "tool calls"."""
    template = template_named(name)
    if template is None or template.jinja is None:
        return ()
    missing = [] if found.system else [_NO_SYSTEM]
    for told, messages, tools in _shapes(system=found.system is not None):
        if told in missing:
            continue
        try:
            text = _of(template.jinja, eos or "", messages, ask=False, tools=tools)
        except Refused:
            continue
        if text != found.rendered(messages, ask=False):
            missing.append(told)
    return tuple(missing)


def _shapes(*, system: bool) -> Iterator[tuple[str, list[Message], list[Any] | None]]:
    """(name, conversation, tools) of each shape that a template may print in another way."""
    yield "the turn that ends a conversation", _turns(_U), None
    yield "the turn that ends a conversation", _turns(_U, _A), None
    yield "the turn that ends a conversation", _turns(_U, _A, _V, _B), None
    yield "conversations that begin with an answer", _turns(_U, _A, _V, _B)[1:], None
    yield "trimmed white space", _turns(f"  {_U}\n", f" {_A}\n\n"), None
    yield "thoughts", _turns(_U, _THOUGHT), None
    yield "thoughts", _turns(_U, _THOUGHT, _V, _B), None
    yield "thoughts", [*_turns(_U), {"role": "assistant", "content": _A, "reasoning_content": _B}], None
    call = {"role": "assistant", "content": "", "tool_calls": [_CALL]}
    result = {"role": "tool", "name": "look", "content": _B}
    yield "tool calls", [*_turns(_U), call, result, {"role": "assistant", "content": _A}], [_TOOL]
    if system:
        yield "empty system messages", [{"role": "system", "content": ""}, *_turns(_U, _A)], None


def _turns(*contents: str) -> list[Message]:
    return [{"role": "assistant" if index % 2 else "user", "content": each} for index, each in enumerate(contents)]


def _of(
    template: Template, eos: str, messages: list[Message], *, ask: bool = True, tools: list[Any] | None = None
) -> str:
    variables: dict[str, Any] = {"bos_token": _BOS, "eos_token": eos, "unk_token": "", "pad_token": ""}
    if tools:
        variables["tools"] = tools
    text = render(template, {**variables, "messages": messages, "add_generation_prompt": ask})
    # llama.cpp puts the start token there itself.
    return text.removeprefix(_BOS)


def _taken_apart(template: Template, eos: str) -> Pieces | None:
    opening, found, rest = _of(template, eos, _turns(_U, _A, _V)).partition(_U)
    between, _, rest = rest.partition(_A)
    again, _, asked = rest.partition(_V)
    if not found:
        return None
    behind_user = _of(template, eos, _turns(_U, _A, _V), ask=False).rpartition(_V)[2]
    if not (between.startswith(behind_user) and asked.startswith(behind_user)):
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(between, asked, strict=False))
        behind_user = "".join(sign for sign, _ in alike)
    before_last, _, ending_last = _of(template, eos, _turns(_U, _A), ask=False).partition(_U)[2].partition(_A)
    ending = ending_last if again.startswith(ending_last) else ""
    before_user = again[len(ending) :]
    if not opening.endswith(before_user) or not before_last.startswith(behind_user):
        return None
    default = opening[: len(opening) - len(before_user)]
    system = _system(template, eos, before_user)
    if default:
        if system is None or not default.startswith(system[0]) or not default.endswith(system[1]):
            return None
        default = default[len(system[0]) : len(default) - len(system[1])]
    return Pieces(
        user=(before_user, behind_user),
        assistant=(between.removeprefix(behind_user), ending),
        last=(before_last.removeprefix(behind_user), ending_last),
        ask=asked.removeprefix(behind_user),
        system=system,
        default=default,
    )


def _system(template: Template, eos: str, before_user: str) -> tuple[str, str] | None:
    try:
        printed = _of(template, eos, [{"role": "system", "content": _S}, *_turns(_U)])
    except Refused:
        return None
    before, found, rest = printed.partition(_S)
    behind = rest.partition(_U)[0]
    if not found or not behind.endswith(before_user):
        return None
    return before, behind[: len(behind) - len(before_user)]


def _proven(found: Pieces, template: Template, eos: str) -> bool:
    """Whether other conversations that wait for an answer come out the same."""
    for contents in ((_U,), (_U, _A, _V), (_U, _A, _V, _B, "two\n\nlines")):
        for system in ([], [{"role": "system", "content": _S}]) if found.system else ([],):
            messages = [*system, *_turns(*contents)]
            if found.rendered(messages) != _of(template, eos, messages):
                return False
    return True
