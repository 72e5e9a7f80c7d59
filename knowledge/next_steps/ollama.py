"""An Ollama Modelfile with the template of a config: found by rendering the Jinja template, and proven by it.

A chat template is taken apart by rendering short conversations. Where each turn turns out to stand between two fixed
texts, Ollama's template says the same; where not, it cannot be expressed, and nothing is claimed.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from knowledge.samples.sandbox import Refused, render
from knowledge.samples.templates import template_named
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Template

BOS: Final = "<bos-token>"
_S, _U, _A, _V, _B = "Qsystem0Q", "Quser1Q", "Qanswer2Q", "Quser3Q", "Qanswer4Q"
_ALPACA: Final = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
)


@value
class Modelfile:
    """What Ollama is given.

    Attributes:
        text: The Modelfile; without TEMPLATE where it cannot be expressed.
        exact: Whether its template was found to render as the config's does.
        remark: What it does not say, in sentences; empty where it says all.
        stop: The tokens that end an answer.
    """

    text: str
    exact: bool
    remark: str
    stop: tuple[str, ...]


class Pieces(NamedTuple):
    """A template taken apart: what stands before and behind the content of a turn.

    `ask` stands at the end and asks for an answer; what it has in common with an earlier answer's start belongs to the
    user's turn. `system` is None where a system message is refused or printed elsewhere; `default` is the system
    message that stands where none is given.
    """

    user: tuple[str, str]
    assistant: tuple[str, str]
    ask: str
    system: tuple[str, str] | None
    default: str

    def rendered(self, messages: Iterable[dict[str, str]]) -> str:
        """What Ollama's template prints."""
        given = list(messages)
        if self.default and self.system and given[0]["role"] != "system":
            given = [{"role": "system", "content": self.default}, *given]
        parts = []
        for message in given:
            turns = {"user": self.user, "assistant": self.assistant, "system": self.system or ("", "")}
            before, behind = turns[message["role"]]
            parts += [before, message["content"], behind]
        return "".join(parts) + (self.ask if given[-1]["role"] == "user" else "")

    def template(self) -> str:
        """The same in Ollama's language."""
        cases = [('if eq .Role "user"', self.user), ('else if eq .Role "assistant"', self.assistant)]
        if self.system:
            cases.append(('else if eq .Role "system"', self.system))
        body = "".join(f"{{{{ {test} }}}}{before}{{{{ .Content }}}}{behind}" for test, (before, behind) in cases)
        return f"{{{{ range .Messages }}}}{body}{{{{ end }}}}{{{{ end }}}}{self.ask}"


def modelfile(gguf: str, template: str | None, eos: str | None, *, alpaca: bool = False) -> Modelfile:
    """The Modelfile of a trained model.

    Args:
        gguf: The file with the weights.
        template: Name of one of Axolotl's chat templates; None for the tokenizer's own.
        eos: The token that ends a text, as far as the config names it.
        alpaca: Whether the rows are of type `alpaca`, which has a prompt and no chat template.
    """
    head = f"FROM {gguf}\n"
    if alpaca:
        stop = (eos,) if eos else ()
        body = f"{_ALPACA}### Instruction:\n{{{{ .Prompt }}}}\n\n### Response:\n{{{{ .Response }}}}"
        return Modelfile(text=head + _written(body, "", stop), exact=True, remark="", stop=stop)
    if template is None:
        remark = "The template is the tokenizer's own. Ollama reads it from the GGUF file if it knows that kind."
        return Modelfile(text=head, exact=False, remark=remark, stop=())
    found = pieces_of(template, eos)
    if isinstance(found, str):
        remark = f"The template {template} cannot be expressed for Ollama: {found}. Serve it with vLLM instead."
        return Modelfile(text=head, exact=False, remark=remark, stop=())
    end = found.assistant[1].strip()
    stop = (end,) if end else (eos,) if eos else ()
    remark = "" if found.system else f"The template {template} has no turn for a system message: leave it out."
    text = head + _written(found.template(), found.default, stop)
    return Modelfile(text=text, exact=True, remark=remark, stop=stop)


def _written(template: str, default: str, stop: Iterable[str]) -> str:
    system = f'SYSTEM """{default}"""\n' if default else ""
    ends = "".join(f'PARAMETER stop "{token}"\n' for token in stop)
    return f'TEMPLATE """{template}"""\n{system}{ends}'


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
    if any(sign in found.template().replace("{{ ", "").replace(" }}", "") for sign in ('"""', "{{", "}}")):
        return "it prints characters that Ollama's template language reserves"
    return found


def _printed(template: Template, eos: str, *contents: str, system: str = "", ask: bool = True) -> str:
    messages = [{"role": "system", "content": system}] if system else []
    for index, content in enumerate(contents):
        messages.append({"role": "assistant" if index % 2 else "user", "content": content})
    return _of(template, eos, messages, ask=ask)


def _of(template: Template, eos: str, messages: list[dict[str, str]], *, ask: bool = True) -> str:
    variables: dict[str, Any] = {"bos_token": BOS, "eos_token": eos, "unk_token": "", "pad_token": ""}
    text = render(template, {**variables, "messages": messages, "add_generation_prompt": ask})
    # llama.cpp puts the start token there itself.
    return text.removeprefix(BOS)


def _taken_apart(template: Template, eos: str) -> Pieces | None:
    whole = _printed(template, eos, _U, _A, _V)
    opening, found, rest = whole.partition(_U)
    between, _, rest = rest.partition(_A)
    again, _, asked = rest.partition(_V)
    if not found:
        return None
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(between, asked, strict=False))
    behind_user = "".join(sign for sign, _ in alike)
    ending = _printed(template, eos, _U, _A, ask=False).partition(_A)[2]
    ending = ending if again.startswith(ending) else ""
    before_user = again[len(ending) :]
    if not opening.endswith(before_user):
        return None
    default = opening[: len(opening) - len(before_user)]
    system = _system(template, eos, before_user)
    if default and system is None:
        return None
    if default and system is not None:
        if not default.startswith(system[0]) or not default.endswith(system[1]):
            return None
        default = default[len(system[0]) : len(default) - len(system[1])]
    answer = (between.removeprefix(behind_user), ending)
    return Pieces((before_user, behind_user), answer, asked.removeprefix(behind_user), system, default)


def _system(template: Template, eos: str, before_user: str) -> tuple[str, str] | None:
    try:
        printed = _printed(template, eos, _U, system=_S)
    except Refused:
        return None
    before, found, rest = printed.partition(_S)
    behind = rest.partition(_U)[0]
    if not found or not behind.endswith(before_user):
        return None
    return before, behind[: len(behind) - len(before_user)]


def _proven(found: Pieces, template: Template, eos: str) -> bool:
    """Whether conversations of other shapes come out the same."""
    for turns in ((_U,), (_U, _A, _V), (_U, _A, _V, _B, "two\n\nlines")):
        for system in ("", _S) if found.system else ("",):
            messages = [{"role": "system", "content": system}] if system else []
            messages += [
                {"role": "assistant" if index % 2 else "user", "content": turn} for index, turn in enumerate(turns)
            ]
            if found.rendered(messages) != _of(template, eos, messages):
                return False
    return True
