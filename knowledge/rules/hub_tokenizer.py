"""What the Hub says of the tokenizer: which tokens it does not have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.conditions import ATTENTION
from knowledge.finding import Severity
from knowledge.hub import (
    Repository,
    Tokenizer,
    World,
    config_repository,
    embedding_names,
    fewest_pieces,
    found_model,
    known_tokens,
    public_tokenizer,
    words_of,
)
from knowledge.pattern import expression
from knowledge.rule import HUB, Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_LORA = "adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\n"
_WHERE = ("base_model", "base_model_config", "tokenizer_config")
_IN_ORDER = ("bos_token", "eos_token", "pad_token", "unk_token")
"""Axolotl adds them one after the other: what one has added, the next one finds."""
_READ = (*_WHERE, "cls_model_config")
_TOKENIZER_FILE = expression(
    r"tokeni[sz]|vocab|merges|spiece|sentencepiece|tekken|tiktoken|bpe|spm|\.model$", re.IGNORECASE
)

_PLAIN = Tokenizer(kind="Qwen2Tokenizer", eos="<|endoftext|>", added=("<|endoftext|>", "<|pad|>"), ids=(0, 1))
_BASE = World(models=(found_model(tokenizer=_PLAIN),))


@rule(
    Severity.CRASH,
    fields=(*_READ, "special_tokens", "adapter", "lora_modules_to_save", "added_tokens_overrides", "tokenizer_type"),
    needs=("special_tokens",),
    bad=f"base_model: org/model\n{_LORA}special_tokens:\n  eos_token: <|im_end|>\n",
    good=f"base_model: org/model\n{_LORA}special_tokens:\n  eos_token: <|endoftext|>\n",
    hub=_BASE,
    says="when using an adapter and changing the special tokens",
)
def special_token_in_pieces(config: Config) -> Iterator[Problem]:
    """A special token that this tokenizer does not have, under an adapter that leaves the embeddings frozen.

    The tokenizer writes it in several pieces. Axolotl refuses to add such a token, except for padding, unless
    `lora_modules_to_save` lists the embedding and the head. Use a token that the model already has, or save both.
    """
    found, tokens = public_tokenizer(config), config.get("special_tokens")
    saved = _unsaved(config, found)
    if found is None or not isinstance(tokens, dict) or not config.get("adapter") or saved is None:
        return
    before = set(words_of(config.get("added_tokens_overrides")))
    for key in _IN_ORDER:
        token = tokens.get(key)
        if not isinstance(token, str):
            continue
        if key != "pad_token" and token not in before and fewest_pieces(found, token, config.get("tokenizer_type")) > 2:
            message = f"Not in this tokenizer. Use one that is, or set `lora_modules_to_save: [{', '.join(saved)}]`."
            yield problem(message, f"special_tokens.{key}", "adapter")
            return
        before.add(token)


@rule(
    Severity.ADVICE,
    fields=("special_tokens", "added_tokens_overrides", *_WHERE),
    needs=("special_tokens",),
    bad="base_model: org/model\nspecial_tokens:\n  pad_token: <pad>\n",
    good="base_model: org/model\nspecial_tokens:\n  pad_token: <|pad|>\n",
    hub=_BASE,
)
def special_token_is_new(config: Config) -> Iterator[Problem]:
    """A special token that is not among the tokenizer's own.

    If its vocabulary does not hold it either, Axolotl adds it, and its row in the embedding starts untrained. For
    padding, use a token that the tokenizer already has; its end token is used where it has no padding token.
    """
    found, tokens = public_tokenizer(config), config.get("special_tokens")
    known = known_tokens(found) if found is not None else None
    if known is None or not isinstance(tokens, dict):
        return
    known |= set(words_of(config.get("added_tokens_overrides")))
    for key, token in tokens.items():
        if isinstance(token, str) and token not in known:
            yield problem("Not among this tokenizer's added tokens: it may start untrained.", f"special_tokens.{key}")


@rule(
    Severity.CRASH,
    fields=("tokens", "adapter", "lora_modules_to_save", *_READ),
    needs=("tokens",),
    bad=f"base_model: org/neox\n{_LORA}tokens: [<thought>]\nlora_modules_to_save: [embed_tokens, lm_head]\n",
    good=f"base_model: org/neox\n{_LORA}tokens: [<thought>]\nlora_modules_to_save: [embed_in, lm_head]\n",
    hub=World(models=(found_model("org/neox", config={"model_type": "gpt_neox"}),)),
    says="`lora_modules_to_save` not properly set when adding new tokens",
)
def new_tokens_saved_by_other_names(config: Config) -> Iterator[Problem]:
    """New tokens with an adapter whose `lora_modules_to_save` lacks the names that Axolotl asks for.

    It expects the embedding and the head under the names of this model's family, and stops when it reads the model's
    config.
    """
    missing = _unsaved(config, config_repository(config))
    if missing is not None and config.get("tokens") and config.get("adapter") and config.get("lora_modules_to_save"):
        message = f"New tokens need `{'` and `'.join(missing)}` here for this model."
        yield problem(message, "lora_modules_to_save", "tokens")


@rule(
    Severity.CRASH,
    fields=("added_tokens_overrides", *_WHERE),
    needs=("added_tokens_overrides",),
    bad="base_model: org/model\nadded_tokens_overrides:\n  7: <|im_end|>\n",
    good="base_model: org/model\ntokens: [<|im_end|>]\n",
    hub=World(models=(found_model(files=("config.json", "model.safetensors", "tokenizer.json"), tokenizer=_PLAIN),)),
    says=("not found in added_tokens",),
)
def override_of_no_added_token(config: Config) -> Iterator[Problem]:
    """`added_tokens_overrides` renames a token that was not added to the vocabulary.

    Only added tokens, such as reserved ones, can be given another name; Axolotl stops at any other id. Added tokens are
    listed in `added_tokens_decoder` of `tokenizer_config.json`.
    """
    found, overrides = public_tokenizer(config), config.get("added_tokens_overrides")
    if found is None or found.tokenizer is None or not found.tokenizer.ids or not isinstance(overrides, dict):
        return
    if "tokenizer.json" not in (found.files or ()):
        return
    for number in overrides:
        if str(number).isdecimal() and int(number) not in found.tokenizer.ids:
            message = "Not the number of an added token: name a reserved one, or use `tokens`."
            yield problem(message, f"added_tokens_overrides.{number}")


@rule(
    Severity.WARNING,
    fields=_READ,
    needs=(HUB,),
    bad="base_model: org/weights\n",
    good="base_model: org/weights\ntokenizer_config: org/model\n",
    hub=World(models=(found_model("org/weights", ("config.json", "model.safetensors")), found_model())),
    says="Couldn't instantiate the backend tokenizer",
)
def model_without_a_tokenizer(config: Config) -> Iterator[Problem]:
    """The repository has no tokenizer file.

    Most families then stop with an error; some start with an empty vocabulary, without a message. Name the repository
    of the tokenizer in `tokenizer_config`.
    """
    found = config_repository(config)
    if found is None or not found.files or config.get("tokenizer_config") or "config.json" not in found.files:
        return
    if not any(_TOKENIZER_FILE.search(name) for name in found.files):
        yield problem("It has no tokenizer files: name their repository in `tokenizer_config`.", "base_model")


def _unsaved(config: Config, found: Repository | None) -> tuple[str, ...] | None:
    """What Axolotl wants in `lora_modules_to_save`; None where all of it is there, or the family is not known."""
    model = config_repository(config)
    model_type = model.dimensions.get("model_type") if model is not None else None
    if found is None or not isinstance(model_type, str):
        return None
    wanted, saved = embedding_names(model_type), config.get("lora_modules_to_save") or []
    return None if isinstance(saved, list) and all(name in saved for name in wanted) else wanted


@rule(
    Severity.CRASH,
    fields=(
        *("balance_labels", "sample_packing", "batch_flattening", "is_mistral_derived_model", "type_of_model"),
        *("cls_model_config", *ATTENTION, *_WHERE),
    ),
    needs=("balance_labels",),
    bad="base_model: org/mistral-7b\nattn_implementation: flash_attention_2\nbalance_labels: true\n",
    good="base_model: org/mistral-7b\nattn_implementation: sdpa\nbalance_labels: true\n",
    says=("Padded label balancing requires", "Label-balanced packing requires right padding"),
)
def balanced_labels_padded_left(config: Config) -> Iterator[Problem]:
    """`balance_labels` where rows are padded on the left.

    It counts the trained tokens of rows that are padded on the right, and stops otherwise. A tokenizer says in
    `padding_side` of its `tokenizer_config.json` where it pads; for Mistral with `flash_attention_2` and without
    packing, Axolotl itself pads on the left.
    """
    packed = config.typed("sample_packing")
    if not config.typed("balance_labels") or (config.get("batch_flattening") and not packed):
        return
    found = public_tokenizer(config)
    if not packed and config.typed("attn_implementation") == "flash_attention_2" and _is_mistral(config):
        message = "Axolotl pads Mistral on the left with `flash_attention_2`: use `attn_implementation: sdpa`."
        yield problem(message, "balance_labels", "base_model")
    elif found is not None and found.tokenizer is not None and found.tokenizer.padding == "left":
        message = "This tokenizer pads on the left, which it refuses: remove it, or change `padding_side`."
        yield problem(message, "balance_labels", "base_model")


def _is_mistral(config: Config) -> bool:
    """Whether Axolotl takes the model for one derived from Mistral."""
    found, name = config_repository(config), config.get("base_model")
    if found is not None and found.dimensions.get("model_type") == "mistral":
        return True
    return bool(
        config.typed("is_mistral_derived_model")
        or (isinstance(name, str) and "mistral" in name.lower().rpartition("/")[2])
        or "mistral" in str(config.get("type_of_model") or "").lower()
    )
