"""What a model's family needs to talk in turns: its template, its end of a turn, its padding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from knowledge.by_hand import in_entry, read_yaml


@dataclass(frozen=True, slots=True)
class Turn:
    """How a prompt and an answer are printed where no template prints them."""

    prompt: str
    answer: str


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models; the fields are explained in families.yaml."""

    template: str
    ends: tuple[str, ...] = ()
    pad: str | None = None
    turn: Turn | None = None
    kernels: bool = True
    attention: str = "flash_attention_2"
    divides: bool = True
    starts: bool = False


def turns_without_start(turn: Turn) -> str:
    """A chat template without a start token, for preference trainers, which add one themselves."""
    before, after = (_quoted(part) for part in turn.prompt.split("{prompt}"))
    answer = f" + {_quoted(turn.answer)}" if turn.answer else ""
    content = "message['content']"
    return f"""\
{{%- for message in messages -%}}
  {{%- if message['role'] == 'assistant' -%}}
    {{{{- {content}{answer} -}}}}
  {{%- else -%}}
    {{{{- {before} + {content} + {after} -}}}}
  {{%- endif -%}}
{{%- endfor -%}}"""


def _quoted(text: str) -> str:
    return repr(text)


@lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """The family of a model, by its name.

    Args:
        model: A hub id or a path.
    """
    name = model.lower().rstrip("/")
    written = next(written for pattern, written in _families() if pattern.search(name))
    turn = _read()["turns"].get(written.get("turn"))
    return Family(
        template=written["template"],
        ends=tuple(written.get("ends", ())),
        pad=written.get("pad"),
        turn=Turn(**turn) if turn is not None else None,
        kernels=written.get("kernels", True),
        attention=written.get("attention", "flash_attention_2"),
        divides=written.get("divides", True),
        starts=written.get("turn") in _read()["starts"],
    )


def has_fused_loss(model_type: str) -> bool:
    """Whether cut cross entropy computes the loss of a model type."""
    return model_type in _read()["fused_loss"].split()


@lru_cache(maxsize=1)
def _families() -> tuple[tuple[re.Pattern[str], dict[str, Any]], ...]:
    found = []
    for number, written in enumerate(_read()["families"], start=1):
        with in_entry("families.yaml", number):
            found.append((re.compile(written["match"]), written))
    return tuple(found)


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(resources.files("knowledge.writing") / "families.yaml")
    return found
