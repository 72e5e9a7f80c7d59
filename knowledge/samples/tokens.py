"""Tokens: what is known of the model's tokenizer, and counts, exact where its file is at hand, else estimated."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from knowledge.by_hand import in_entry, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

LOW, HIGH = 0.7, 1.5
"""An estimate's range, as factors: tokenizers of different vocabularies lie between."""

ASCII_PER_TOKEN = 3.9
"""Characters of a token in Latin letters, about."""
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]")
_WIDE_PER_TOKEN, _OTHER_PER_TOKEN, _RARE_PER_TOKEN = 0.9, 2.3, 0.6
SPECIALS = frozenset(
    [
        "<s>",
        "</s>",
        "<unk>",
        "<pad>",
        "<|im_start|>",
        "<|im_end|>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eom_id|>",
        "<|eot|>",
        "<bos>",
        "<eos>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<|end|>",
        "<|user|>",
        "<|assistant|>",
        "<|system|>",
        "[INST]",
        "[/INST]",
        "<|turn>",
        "<turn|>",
        "<｜end▁of▁sentence｜>",
        "<|END_OF_TURN_TOKEN|>",
        "<|endofturn|>",
        "[|endofturn|]",
        "<|eom|>",
        "<|return|>",
        "<|message_end|>",
        "<|tool_call_end|>",
    ]
)
"""Special tokens of the families that are trained most."""


@dataclass(slots=True)
class Model:
    """What is known of the tokenizer; None where it is not.

    Attributes:
        bos, eos: start and end token.
        adds: whether the tokenizer begins a text with `bos`.
        template: the template of templates.json that the tokenizer's own one resembles, "own" for one that is there
            but not known, "none" for a model without.
        known: whether the family was recognized at all.
        shown: the template that rows are shown with where the tokenizer's own one is not at hand.
        text: the tokenizer's own template, from its files.
        printed: what templates printed before, by template and conversation; None where nothing is kept.
    """

    bos: str | None = None
    eos: str | None = None
    adds: bool = False
    template: str | None = None
    known: bool = False
    counter: Any = None
    shown: str = ""
    text: str | None = None
    printed: dict[Any, str] | None = None

    def count(self, text: str) -> float:
        """Tokens of a text, without special tokens: exact with a tokenizer, else estimated by its script."""
        if self.counter is not None:
            return float(len(self.counter.encode(text, add_special_tokens=False).ids))
        return estimate(text)

    def starts(self, text: str) -> list[int]:
        """Where the tokens of a text begin; only with a tokenizer."""
        return [start for start, _ in self.counter.encode(text, add_special_tokens=False).offsets]

    @property
    def exact(self) -> bool:
        """Whether counts are exact."""
        return self.counter is not None


def estimate(text: str) -> float:
    """Tokens of a text by its script: Latin letters take few, rare scripts many."""
    length = len(text)
    if text.isascii():
        return length / ASCII_PER_TOKEN
    octets = len(text.encode("utf-8", "replace"))
    wide = len(_WIDE.findall(text))
    extra = octets - length - 2 * wide
    other = min(extra, length - wide)
    rare = max(extra - other, 0) / 2
    plain = max(length - wide - other, 0)
    return (
        plain / ASCII_PER_TOKEN
        + wide / _WIDE_PER_TOKEN
        + max(other - rare, 0) / _OTHER_PER_TOKEN
        + rare / _RARE_PER_TOKEN
    )


@lru_cache(maxsize=1)
def _families() -> tuple[tuple[re.Pattern[str], dict[str, Any]], ...]:
    found = []
    for number, written in enumerate(read_yaml(resources.files("knowledge.samples") / "models.yaml"), start=1):
        with in_entry("models.yaml", number):
            found.append((re.compile(written["match"]), written))
    return tuple(found)


def model_named(name: str) -> Model:
    """What the name of a model tells of its tokenizer."""
    lower = name.lower().rstrip("/")
    for pattern, entry in _families():
        if pattern.search(lower):
            template, shown = entry.get("template"), str(entry.get("shown") or "")
            shown = shown or (template if template not in (None, "own", "none") else "")
            return Model(entry["bos"], entry["eos"], bool(entry.get("adds")), template, known=True, shown=shown)
    return Model()


def model_of(values: dict[str, Any], tokenizer: Path | None = None) -> Model:
    """The tokenizer of a config: its file where one is given, else its family; `special_tokens` win over both.

    Args:
        values: base_model, tokenizer_config and special_tokens, as typed.
        tokenizer: A tokenizer.json, or the folder that holds it.
    """
    model = model_named(str(values.get("tokenizer_config") or values.get("base_model") or ""))
    if tokenizer is not None:
        _from_file(tokenizer, model)
        if model.counter is not None:
            model.counter = _extended(model.counter, _added(values))
    special = values.get("special_tokens")
    if isinstance(special, dict):
        model.eos = special.get("eos_token") or model.eos
        model.bos = special.get("bos_token") or model.bos
    return model


def _added(values: dict[str, Any]) -> list[str]:
    """The tokens that a config adds to the tokenizer."""
    special, more, overrides = (values.get(key) for key in ("special_tokens", "tokens", "added_tokens_overrides"))
    words = [*(more if isinstance(more, list) else ())]
    for given in (special, overrides):
        for word in given.values() if isinstance(given, dict) else ():
            words += word if isinstance(word, list) else [word]
    return [word for word in words if isinstance(word, str) and word]


def _extended(counter: Any, words: list[str]) -> Any:
    """A tokenizer with further tokens, which are never cut; the same one where it has them all."""
    lacking = [word for word in words if counter.token_to_id(word) is None]
    if not lacking:
        return counter
    extended = type(counter).from_str(counter.to_str())
    extended.add_special_tokens(lacking)
    return extended


@lru_cache(maxsize=1)
def read_tokenizer(path: Path) -> Any:
    """The tokenizer in a file.

    Args:
        path: A tokenizer.json, or the folder that holds it.

    Raises:
        ValueError: there is none, it cannot be read, or the extra `tokenizers` is not installed; in one sentence.
    """
    file = _file_of(path)
    if not file.is_file():
        if file.with_name("tokenizer.model").is_file():
            raise ValueError(f"{file.parent} holds only tokenizer.model, which cannot be read here; tokenizer.json can")
        raise ValueError(f"{file} does not exist")
    if file.name == "tokenizer.model":
        raise ValueError(f"{file} cannot be read here: name the tokenizer.json of the model")
    try:
        tokenizers = importlib.import_module("tokenizers")
    except ImportError as error:
        raise ValueError(
            "the extra `tokenizers` is not installed: pip install 'axolotl-help-bot[tokenizers]'"
        ) from error
    try:
        return tokenizers.Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing narrower
        raise ValueError(f"{file} is not a tokenizer of the `tokenizers` library") from error


def _file_of(path: Path) -> Path:
    return path / "tokenizer.json" if path.is_dir() else path


def _from_file(path: Path, model: Model) -> None:
    """What a tokenizer's files say: its tokens, and its template, which transformers 5 saves in a file of its own."""
    try:
        model.counter = read_tokenizer(path)
    except ValueError:
        return
    settings = _settings(_file_of(path).with_name("tokenizer_config.json"))
    model.text = _own_template(_file_of(path).with_name("chat_template.jinja"), settings)
    if settings or model.text:
        model.template = "own" if model.text else "none"
        model.known = True
    if settings:
        model.bos, model.eos = _word(settings.get("bos_token")), _word(settings.get("eos_token"))
    if model.bos:
        model.adds = model.counter.encode("a").tokens[:1] == [model.bos]


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        settings = json.loads(path.read_text("utf-8"))
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}


def _own_template(path: Path, settings: dict[str, Any]) -> str | None:
    """The template of a file, else of the settings; of several named ones the one called default."""
    if path.is_file():
        return path.read_text("utf-8", "replace")
    given = settings.get("chat_template")
    if isinstance(given, list):
        named = {each.get("name"): each.get("template") for each in given if isinstance(each, dict)}
        given = named.get("default")
    return given if isinstance(given, str) and given else None


def _word(token: Any) -> str | None:
    word = token.get("content") if isinstance(token, dict) else token
    return word if isinstance(word, str) else None
