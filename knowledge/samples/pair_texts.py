"""Preference rows as the trainer tokenizes them: the type's text around prompt and answers, start and end tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.samples.case import CONTEXT, Case, Made

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.samples.conversation import Turn
    from knowledge.samples.printing import Printer

_STANDIN: Turn = {"role": "user", "content": "[[dummy_message]]"}


@dataclass(frozen=True, slots=True)
class _Form:
    """How a type prints a turn: what stands before its role, behind it, and at its end."""

    before: str
    behind: str
    end: str
    gap: str

    def turn(self, role: Any, content: Any) -> str:
        return f"{self.before}{role}{self.behind}{content}{self.end}{self.gap}"

    def answer(self) -> str:
        return f"{self.before}assistant{self.behind}"


_FORMS = {
    "chatml": _Form("<|im_start|>", "\n", "<|im_end|>", "\n"),
    "llama3": _Form("<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>", ""),
}


def form_of(case: Case) -> _Form | None:
    """The form that a type such as `chatml.intel` prints; None for types that print nothing of their own."""
    name = case.entry.get("type")
    return _FORMS.get(str(name).partition(".")[0]) if isinstance(name, str) else None


def prompt_of(form: _Form | None, turns: Iterable[tuple[Any, Any]]) -> str:
    """Turns and the header of the answer; without a form their contents alone."""
    if form is None:
        return "".join(str(content) for _, content in turns)
    return "".join(form.turn(role, content) for role, content in turns) + form.answer()


def as_trained(case: Case, prompt: str, answers: Iterable[tuple[str, int]]) -> Made:
    """A row with the tokens that the trainer adds.

    Args:
        case: The sample.
        prompt: The prompt as the type leaves it.
        answers: Each answer as the type leaves it, and which one it is.
    """
    bos = case.model.bos if case.model.adds and case.model.bos else ""
    if case.entry.rl in ("orpo", "simpo") and prompt.startswith(bos):
        bos = ""
    eos = case.model.eos or ""
    made = Made([(bos + prompt, CONTEXT)])
    for text, side in answers:
        made.pieces.append((text if eos and text.endswith(eos) else text + eos, side))
    return made


def completion(printer: Printer, answer: Turn) -> str:
    """An answer as the template prints it behind any prompt.

    Raises:
        Refused: the template refuses it.
    """
    whole = printer.text([_STANDIN, answer])
    before = printer.text([_STANDIN], prompt=True)
    if before and whole.startswith(before):
        return whole[len(before) :].rstrip()
    content = answer.get("content")
    return whole[max(whole.find(content), 0) if isinstance(content, str) else 0 :].rstrip()
