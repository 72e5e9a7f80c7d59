"""What the Hub says of the chat template: whether there is one, and which token ends a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.finding import Severity
from knowledge.hub import (
    Repository,
    Tokenizer,
    World,
    fewest_pieces,
    found_model,
    given_tokens,
    is_plain,
    public_tokenizer,
)
from knowledge.rule import HUB, Problem, problem, rule
from knowledge.samples.template_facts import template_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from knowledge.config import Config

_CHATS = "base_model: org/model\nchat_template: chatml\ndatasets:\n  - path: org/rows\n    type: chat_template\n"
_OWN_ROWS = ("rl", "tokenizer_use_mistral_common", "skip_prepare_dataset", "processor_type")
_WHERE = ("base_model", "base_model_config", "tokenizer_config")
_PRINTED = (*_WHERE, "chat_template", "chat_template_jinja", "datasets", "eot_tokens", "special_tokens", *_OWN_ROWS)
_DEFAULT, _FALLBACK = "tokenizer_default", "tokenizer_default_fallback_"

_PLAIN = Tokenizer(kind="Qwen2Tokenizer", eos="<|endoftext|>", added=("<|endoftext|>", "<|pad|>"), ids=(0, 1))
_BASE = World(models=(found_model(tokenizer=_PLAIN),))
_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_MARKED = World(
    models=(found_model(tokenizer=Tokenizer(kind="Qwen2Tokenizer", eos=_MARKS[0], added=_MARKS, ids=(0, 1, 2))),)
)


@rule(
    Severity.CRASH,
    fields=_PRINTED,
    needs=(HUB,),
    bad="base_model: org/base\ndatasets:\n  - path: org/rows\n    type: chat_template\n",
    good="base_model: org/base\nchat_template: chatml\ndatasets:\n  - path: org/rows\n    type: chat_template\n",
    hub=World(models=(found_model("org/base", template=""),)),
    says="tokenizer's chat_template is null",
)
def tokenizer_without_a_template(config: Config) -> Iterator[Problem]:
    """Conversations that need the tokenizer's own chat template, which it does not have.

    Base models usually come without one. Set `chat_template: chatml`, or the template of the model's family.
    """
    found = public_tokenizer(config)
    if found is None or found.template != "" or config.get("tokenizer_use_mistral_common"):
        return
    if config.get("chat_template") == _DEFAULT:
        yield problem("The tokenizer has no chat template: name another one.", "chat_template")
    if config.get("chat_template") or config.get("rl"):
        return
    for index, entry in enumerate(config.datasets):
        if entry.get("type") == "chat_template" and entry.get("chat_template") in (None, _DEFAULT):
            yield problem("The tokenizer has no chat template: set `chat_template`.", f"datasets[{index}].type")


@rule(
    Severity.WARNING,
    fields=_PRINTED,
    needs=(HUB,),
    bad=_CHATS,
    good=f"{_CHATS}eot_tokens: ['<|im_end|>']\n",
    hub=_MARKED,
    says="the turn terminator won't be trained",
)
def end_of_turn_not_the_end_token(config: Config) -> Iterator[Problem]:
    """The template never prints the end token of this tokenizer, and no other is named.

    Only the tokenizer's end token, or those in `eot_tokens`, are trained as the end of a turn. When the template ends
    turns with another token, the model does not learn to stop. Name that token in `eot_tokens`.
    """
    found = public_tokenizer(config)
    eos = _end_token(config, found)
    if found is None or eos is None or config.get("eot_tokens") is not None:
        return
    for path, entry in _chats(config):
        template = _template(config, entry, found)
        if template is None or template(eos) or template("eos_token") or entry.get("train_on_eos") == "none":
            continue
        if is_plain(eos.strip("<|>[]/")):
            message = f"The template never prints the end token `{eos}`: name its own in `eot_tokens`."
            yield problem(message, f"{path}.type" if not config.get("chat_template") else "chat_template")
            return


@rule(
    Severity.WARNING,
    fields=_PRINTED,
    needs=("eot_tokens",),
    bad=f"{_CHATS}eot_tokens: ['<|eot_id|>']\n",
    good=f"{_CHATS}eot_tokens: ['<|im_end|>']\n",
    hub=_MARKED,
    says="not found in chat_template",
)
def end_of_turn_not_in_the_template(config: Config) -> Iterator[Problem]:
    """`eot_tokens` names a token that the chat template does not print.

    Axolotl drops such a token with no more than a line in the log, so it is not trained as the end of a turn. Name the
    token that follows an answer in the template.
    """
    found = public_tokenizer(config)
    given, eos = config.get("eot_tokens"), _end_token(config, found)
    templates = [_template(config, entry, found) for _, entry in _chats(config)]
    if not isinstance(given, list) or not templates or None in templates or (eos is None and len(given) == 1):
        return
    for index, token in enumerate(given):
        alone = len(given) == 1 and token == eos
        if isinstance(token, str) and not alone and not any(template and template(token) for template in templates):
            yield problem("The chat template does not print this token: it is dropped.", f"eot_tokens[{index}]")


@rule(
    Severity.CRASH,
    fields=(*_PRINTED, "tokens", "added_tokens_overrides", "tokenizer_type"),
    needs=("eot_tokens",),
    bad=f"{_CHATS}eot_tokens: ['<|im_end|>']\n",
    good=f"{_CHATS}eot_tokens: ['<|im_end|>']\ntokens: ['<|im_end|>']\n",
    hub=_BASE,
    says="is encoded as multiple tokens",
)
def end_of_turn_in_pieces(config: Config) -> Iterator[Problem]:
    """`eot_tokens` names a token that this tokenizer does not have.

    It writes the token in several pieces, and Axolotl stops when it prepares the rows. Add the token under `tokens`, or
    better, give a reserved token of the tokenizer this name under `added_tokens_overrides`.
    """
    found = public_tokenizer(config)
    given = config.get("eot_tokens")
    if found is None or not isinstance(given, list) or (len(given) == 1 and given[0] == _end_token(config, found)):
        return
    templates = [template for _, entry in _chats(config) if (template := _template(config, entry, found)) is not None]
    for index, token in enumerate(given):
        if isinstance(token, str) and any(template(token) for template in templates):
            if token not in given_tokens(config) and fewest_pieces(found, token, config.get("tokenizer_type")) > 1:
                message = "This tokenizer splits it into pieces: add it under `tokens`."
                yield problem(message, f"eot_tokens[{index}]")


@rule(
    Severity.CRASH,
    fields=_PRINTED,
    needs=("eot_tokens",),
    bad=f"{_CHATS}    train_on_eot: all\nspecial_tokens:\n  eos_token: <|im_end|>\n"
    "eot_tokens: ['<|im_end|>', '<|im_start|>']\n",
    good=f"{_CHATS}special_tokens:\n  eos_token: <|im_end|>\neot_tokens: ['<|im_end|>', '<|im_start|>']\n",
    hub=_MARKED,
    says="Conflict between train_on_eos and train_on_eot",
)
def end_tokens_in_conflict(config: Config) -> Iterator[Problem]:
    """`train_on_eot` and `train_on_eos` differ although one token is both.

    The tokenizer's end token is in `eot_tokens`, so the two keys decide about the same token, and Axolotl stops.
    `train_on_eos` is `turn` where it is not written.
    """
    found = public_tokenizer(config)
    given, eos = config.get("eot_tokens"), _end_token(config, found)
    if not isinstance(given, list) or eos not in given or len(given) < 2:
        return
    for path, entry in _chats(config):
        template, on_eot = _template(config, entry, found), entry.get("train_on_eot")
        if template and template(str(eos)) and on_eot is not None and on_eot != (entry.get("train_on_eos") or "turn"):
            message = "Differs from `train_on_eos`, and the end token is in `eot_tokens`: keep one key."
            yield problem(message, f"{path}.train_on_eot", "eot_tokens")


def _chats(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries whose conversations go through a chat template token by token."""
    if any(config.get(key) for key in _OWN_ROWS):
        return
    for index, entry in enumerate(config.datasets):
        if entry.get("type") == "chat_template":
            yield f"datasets[{index}]", entry


def _end_token(config: Config, found: Repository | None) -> str | None:
    """The end token: as the config sets it, else the tokenizer's own."""
    tokens = config.get("special_tokens")
    written = tokens.get("eos_token") if isinstance(tokens, dict) else None
    if isinstance(written, str):
        return written
    return found.tokenizer.eos if found is not None and found.tokenizer is not None else None


def _template(config: Config, entry: Mapping[str, Any], found: Repository | None) -> Callable[[str], bool] | None:
    """Whether words appear in the template of an entry; None where the template is not known."""
    name, text = entry.get("chat_template"), entry.get("chat_template_jinja")
    if name in (None, _DEFAULT):
        name, text = config.get("chat_template") or _DEFAULT, config.get("chat_template_jinja")
    own = found.template if found is not None else None
    if isinstance(name, str) and name.startswith(_FALLBACK):
        if own is None:
            return None
        name = _DEFAULT if own else name.removeprefix(_FALLBACK)
    if name == _DEFAULT:
        name, text = "jinja", own
    if name == "jinja":
        return text.__contains__ if isinstance(text, str) and "{" in text else None
    facts = template_facts().get(str(name))
    if facts is None:
        return None
    return lambda word: bool(facts["eos_named"]) if word == "eos_token" else word in facts["specials"]
