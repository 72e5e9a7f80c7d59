"""Tokenizer, special tokens and chat templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import entries
from knowledge.finding import Severity
from knowledge.hub import public_tokenizer
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("chat_template", "chat_template_jinja"),
    says="chat_template_jinja is required when chat_template is set to jinja",
    bad="chat_template: jinja\n",
    good="chat_template: jinja\nchat_template_jinja: \"{{ messages[0]['content'] }}\"\n",
)
def jinja_without_template(config: Config) -> Iterator[Problem]:
    """`chat_template: jinja` without the template.

    Write it under `chat_template_jinja`, or name a built-in template.
    """
    now = config.at("check_chat_template_config")
    if now("chat_template") == "jinja" and not now("chat_template_jinja"):
        yield problem("The template itself is missing: add `chat_template_jinja`.", "chat_template")


MISTRAL_COMMON = ("added_tokens_overrides", "special_tokens", "tokens", "chat_template", "processor_kwargs")


@rule(
    Severity.ERROR,
    fields=("tokenizer_use_mistral_common", *MISTRAL_COMMON),
    needs=("tokenizer_use_mistral_common",),
    says=("not supported with mistral-common tokenizer",),
    bad="tokenizer_use_mistral_common: true\nspecial_tokens:\n  pad_token: <pad>\n",
    good="tokenizer_use_mistral_common: true\n",
)
def mistral_common_options(config: Config) -> Iterator[Problem]:
    """Tokenizer changes with `tokenizer_use_mistral_common`.

    The mistral-common tokenizer cannot be edited and has its own chat format.
    """
    now = config.at("check_mistral_common_incompatible_options")
    if now("tokenizer_use_mistral_common"):
        for name in MISTRAL_COMMON:
            if now(name):
                yield problem("Incompatible with the mistral-common tokenizer: remove it.", name)


@rule(
    Severity.WARNING,
    fields=("tokenizer_use_mistral_common", "base_model", "base_model_config", "tokenizer_config"),
    says="tokenizer_use_mistral_common auto inferred to True",
    bad="base_model: mistralai/Magistral-Small-2506\n",
    good="base_model: mistralai/Magistral-Small-2506\ntokenizer_use_mistral_common: true\n",
)
def mistral_common_inferred(config: Config) -> Iterator[Problem]:
    """A Magistral model switches to the mistral-common tokenizer by itself.

    That happens whenever "magistral" is in the model's or tokenizer's name. Say which tokenizer you want.
    """
    if config.raw("tokenizer_use_mistral_common") is None:
        for name in ("base_model", "base_model_config", "tokenizer_config"):
            value = config.raw(name)
            if isinstance(value, str) and "magistral" in value.lower():
                message = "Switches to the mistral-common tokenizer: write `tokenizer_use_mistral_common` to choose."
                yield problem(message, name)
                return


@rule(
    Severity.CRASH,
    fields=("tokens", "adapter", "lora_modules_to_save"),
    needs=("tokens",),
    bad="adapter: lora\nlora_r: 8\nlora_alpha: 16\ntokens: ['<thought>']\n",
    good="adapter: lora\nlora_r: 8\nlora_alpha: 16\ntokens: ['<thought>']\n"
    "lora_modules_to_save: [embed_tokens, lm_head]\n",
)
def new_tokens_untrained(config: Config) -> Iterator[Problem]:
    """New tokens with an adapter, without the embedding and head in `lora_modules_to_save`.

    The rows of new tokens in the embedding are random and frozen; Axolotl stops with an error when it reads the
    model's config. For most models the names are embed_tokens and lm_head.
    """
    if config.typed("adapter") in ("lora", "qlora") and config.typed("tokens"):
        saved = config.typed("lora_modules_to_save") or []
        if not saved:
            message = "New tokens stay untrained: add `lora_modules_to_save: [embed_tokens, lm_head]`."
            yield problem(message, "tokens", "adapter")


FAMILIES = {
    "<|end_of_text|>": ("llama-3", "llama3", "granite"),
    "<|begin_of_text|>": ("llama-3", "llama3"),
    "<|eot_id|>": ("llama-3", "llama3"),
    "<|finetune_right_pad_id|>": ("llama-3", "llama3"),
    "<|endoftext|>": ("qwen", "phi", "gpt", "pythia", "neox", "falcon", "mpt", "stablelm", "smol", "olmo", "starcoder"),
    "<end_of_turn>": ("gemma",),
    "<|vision_pad|>": ("qwen",),
    "<s>": ("llama-2", "llama2", "mistral", "mixtral", "phi-3", "phi3"),
    "</s>": ("llama-2", "llama2", "mistral", "mixtral", "phi-3", "phi3"),
    "<unk>": ("llama-2", "llama2", "mistral", "mixtral", "gemma", "phi-3", "phi3"),
}
"""Special tokens that belong to model families, by a part of the model's name."""
KNOWN = ("llama-2", "llama2", "mistral", "mixtral", "gemma", "llama-3", "llama3", "qwen", "phi-3", "phi3")


@rule(
    Severity.WARNING,
    fields=("special_tokens", "base_model"),
    needs=("special_tokens",),
    general=True,
    bad="base_model: meta-llama/Llama-3.1-8B\nspecial_tokens:\n  pad_token: </s>\n",
    good="base_model: meta-llama/Llama-3.1-8B\nspecial_tokens:\n  pad_token: <|finetune_right_pad_id|>\n",
)
def special_token_of_another_family(config: Config) -> Iterator[Problem]:
    """A special token that belongs to another model family.

    A token that the tokenizer does not have is added to the vocabulary: the embedding is resized and its new row is
    random, and with an adapter Axolotl refuses changed BOS, EOS, or UNK tokens when it loads the tokenizer.
    """
    name, tokens = config.raw("base_model"), config.typed("special_tokens")
    if not isinstance(name, str) or not isinstance(tokens, dict):
        return
    lower = name.lower()
    if not any(family in lower for family in KNOWN) or "distill" in lower:
        return
    strange = []
    for key in ("bos_token", "eos_token", "unk_token", "pad_token"):
        token = tokens.get(key)
        families = FAMILIES.get(token) if isinstance(token, str) else None
        if families and not any(family in lower for family in families):
            strange.append(f"special_tokens.{key}")
    if strange:
        message = "This token is from another model family and starts out random. Use one of this model's."
        yield problem(message, *strange, "special_tokens", "base_model")


@rule(
    Severity.WARNING,
    fields=("chat_template", "base_model", "eot_tokens", "special_tokens.eos_token", "datasets[].type"),
    needs=("chat_template",),
    bad="base_model: google/gemma-2-2b\nchat_template: gemma\ndatasets:\n  - path: org/rows\n    type: chat_template\n",
    good="base_model: google/gemma-2-2b\nchat_template: gemma\neot_tokens: [<end_of_turn>]\ndatasets:\n"
    "  - path: org/rows\n    type: chat_template\n",
)
def end_of_turn_never_trained(config: Config) -> Iterator[Problem]:
    """Gemma's template without `eot_tokens`.

    Gemma's turns end with <end_of_turn>; its EOS is <eos>. Only tokens named in `eot_tokens` (else the EOS) are trained
    as the end of a turn, so the model never learns to stop.
    """
    tokens = config.typed("special_tokens")
    eos = tokens.get("eos_token") if isinstance(tokens, dict) else None
    chats = any(entry.get("type") == "chat_template" for _, entry in entries(config, "datasets"))
    if config.raw("chat_template") in ("gemma", "gemma3") and "gemma" in str(config.raw("base_model")).lower():
        if chats and not config.typed("eot_tokens") and eos != "<end_of_turn>":
            message = "Turns end with `<end_of_turn>`, which stays untrained: add it to `eot_tokens`."
            yield problem(message, "chat_template")


@rule(
    Severity.ADVICE,
    fields=(
        *("chat_template", "eot_tokens", "special_tokens.eos_token", "datasets[].type"),
        *("base_model", "base_model_config", "tokenizer_config"),
    ),
    needs=("chat_template",),
    bad="chat_template: chatml\ndatasets:\n  - path: org/rows\n    type: chat_template\n",
    good="chat_template: chatml\neot_tokens: [<|im_end|>]\ndatasets:\n  - path: org/rows\n    type: chat_template\n",
)
def end_of_turn_unnamed(config: Config) -> Iterator[Problem]:
    """A template whose turns end with a token that may not be the tokenizer's EOS, without `eot_tokens`.

    Only the tokens named there (else the EOS token) are trained as the end of a turn. When the template's own end
    token is not one of them, the model never learns to stop.
    """
    ends = {
        "chatml": "<|im_end|>",
        "llama3": "<|eot_id|>",
        "phi_3": "<|end|>",
        "phi_35": "<|end|>",
    }
    end = ends.get(str(config.raw("chat_template")))
    tokens = config.typed("special_tokens")
    eos = tokens.get("eos_token") if isinstance(tokens, dict) else None
    chats = any(entry.get("type") == "chat_template" for _, entry in entries(config, "datasets"))
    own = public_tokenizer(config)
    if own is not None and own.tokenizer is not None and own.tokenizer.eos:
        return  # What the tokenizer's end token is, is known: a rule of the Hub's speaks where it is another one.
    if end and chats and not config.typed("eot_tokens") and eos != end:
        message = f"Turns end with `{end}`: if that is not the EOS, name it in `eot_tokens`."
        yield problem(message, "chat_template")
