"""Which tokens the tokenizer of a repository has, and which it is sure to write in pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from knowledge.pattern import expression

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.hub.facts import Repository

_EMBEDDINGS = {
    "gpt_neox": ("embed_in", "lm_head"),
    "falcon": ("word_embeddings", "lm_head"),
    "nemotron_h": ("embeddings", "lm_head"),
    "bailing_hybrid": ("word_embeddings", "lm_head"),
}
_USUAL = ("embed_tokens", "lm_head")
_SPLITTING = frozenset({"Qwen2Tokenizer", "GPT2Tokenizer", "GPTNeoXTokenizer", "CodeGenTokenizer", "CohereTokenizer"})
"""Classes whose tokenizers cut a text at punctuation before they look for tokens; "Fast" may follow."""
_GENERIC = frozenset({"PreTrainedTokenizer", "TokenizersBackend"})
_SPLITTING_SIZES = frozenset({128_256, 131_072})
"""Vocabularies of Llama 3 and Mistral NeMo, whose tokenizers are of a generic class and cut in the same way."""
_PIECES = expression(r"[^\W\d_]+|\d+|(?:[^\w\s]|_)+")


def embedding_names(model_type: str) -> tuple[str, ...]:
    """What Axolotl wants in `lora_modules_to_save` where an adapter gets new tokens (its loaders/utils.py)."""
    return _EMBEDDINGS.get(model_type, _USUAL)


def known_tokens(found: Repository) -> set[str] | None:
    """Every added token of a repository's tokenizer; None where its files do not list them."""
    tokenizer = found.tokenizer
    if tokenizer is None or not tokenizer.added:
        return None
    own = (tokenizer.bos, tokenizer.eos, tokenizer.pad, tokenizer.unk)
    return {*tokenizer.added, *(each for each in own if each)}


def words_of(value: Any) -> list[str]:
    """The texts of a list, of the values of a block, and of lists in it."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [word for each in values for word in (each if isinstance(each, list) else [each]) if isinstance(word, str)]


def given_tokens(config: Config) -> set[str]:
    """The tokens that the config gives to the tokenizer."""
    return {
        word for key in ("tokens", "special_tokens", "added_tokens_overrides") for word in words_of(config.get(key))
    }


def fewest_pieces(found: Repository, token: str, asked: object = None) -> int:
    """In how many pieces a tokenizer writes a token at least; 1 where that is not certain.

    Args:
        found: The repository of the tokenizer.
        token: The token's text.
        asked: The class that the config loads it with; None for its own.
    """
    known = known_tokens(found)
    if known is None or token in known or not _splits(found, asked):
        return 1
    parts: list[str] = _PIECES.findall(token)
    # Some patterns join a single mark with the letters behind it.
    joined = sum(len(mark) == 1 and not mark.isalnum() and word[0].isalpha() for mark, word in pairwise(parts))
    return len(parts) - joined


def _splits(found: Repository, asked: object) -> bool:
    """Whether the tokenizer is known to cut texts at punctuation."""
    kind = (found.tokenizer.kind if found.tokenizer is not None else None) or ""
    kind = kind.removesuffix("Fast")
    if isinstance(asked, str) and asked.removesuffix("Fast") not in ("AutoTokenizer", kind):
        return False
    return kind in _SPLITTING or (kind in _GENERIC and found.dimensions.get("vocab_size") in _SPLITTING_SIZES)
