"""An Ollama Modelfile with the template of a config.

Where each turn of a chat template stands between two fixed texts, Ollama's template says the same; where not, it
cannot be expressed, and nothing is claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knowledge.next_steps.pieces import Pieces, missing_of, pieces_of
from knowledge.text import listed
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALPACA: Final = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
)
_LOOP: Final = "{{ range $i, $_ := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}"
_RESERVED: Final = ('"""', "{{", "}}")


@value
class Modelfile:
    """What Ollama is given.

    Attributes:
        text: The Modelfile; without TEMPLATE where it cannot be expressed.
        exact: Whether its template renders conversations that wait for an answer as the config's does.
        missing: What its template cannot express, by name, such as "tool calls"; empty where it has no template.
        remark: What it does not say, in sentences; empty where it says all.
        stop: The tokens that end an answer.
    """

    text: str
    exact: bool
    missing: tuple[str, ...]
    remark: str
    stop: tuple[str, ...]


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
        return Modelfile(text=head + _written(body, "", stop), exact=True, missing=(), remark="", stop=stop)
    if template is None:
        remark = "The template is the tokenizer's own. Ollama reads it from the GGUF file if it knows that kind."
        return Modelfile(text=head, exact=False, missing=(), remark=remark, stop=())
    found = pieces_of(template, eos)
    if isinstance(found, str) or any(sign in _plain(found) for sign in _RESERVED):
        why = found if isinstance(found, str) else "it prints characters that Ollama's template language reserves"
        remark = f"The template {template} cannot be expressed for Ollama: {why}. Serve it with vLLM instead."
        return Modelfile(text=head, exact=False, missing=(), remark=remark, stop=())
    end = found.last[1].strip()
    stop = (end,) if end else (eos,) if eos else ()
    missing = missing_of(found, template, eos)
    remark = f"These parts of {template} cannot be expressed for Ollama: {listed(missing)}." if missing else ""
    text = head + _written(template_of(found), found.default, stop)
    return Modelfile(text=text, exact=True, missing=missing, remark=remark, stop=stop)


def template_of(found: Pieces) -> str:
    """The pieces in Ollama's template language."""
    asks = f"{{{{ if $last }}}}{found.ask}{{{{ end }}}}" if found.ask else ""
    cases = [("user", _around(found.user) + asks)]
    if found.last == found.assistant:
        cases.append(("assistant", _around(found.assistant)))
    else:
        ended = f"{{{{ if $last }}}}{_around(found.last)}{{{{ else }}}}{_around(found.assistant)}{{{{ end }}}}"
        cases.append(("assistant", ended))
    if found.system:
        cases.append(("system", _around(found.system)))
    body = "{{ else ".join(f'if eq .Role "{role}" }}}}{text}' for role, text in cases)
    return f"{_LOOP}{{{{ {body}{{{{ end }}}}{{{{ end }}}}"


def _around(turn: tuple[str, str]) -> str:
    return f"{turn[0]}{{{{ .Content }}}}{turn[1]}"


def _plain(found: Pieces) -> str:
    """All texts that the template would print."""
    return "\0".join([*found.user, *found.assistant, *found.last, *(found.system or ()), found.ask, found.default])


def _written(template: str, default: str, stop: Iterable[str]) -> str:
    system = f'SYSTEM """{default}"""\n' if default else ""
    ends = "".join(f'PARAMETER stop "{token}"\n' for token in stop)
    return f'TEMPLATE """{template}"""\n{system}{ends}'
