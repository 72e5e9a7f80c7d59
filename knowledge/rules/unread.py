"""Keys that Axolotl accepts and then does nothing with, or something else than they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.examples import LORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PAIRS = "datasets:\n  - path: org/pairs\n    type: chatml.intel\n"
INNER = frozenset(
    {
        *("layers", "self_attn", "mlp", "embed_tokens", "norm", "input_layernorm", "post_attention_layernorm"),
        *("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    }
)
"""Parts of a name that always stand inside a longer one, such as model.layers.0.self_attn.q_proj.weight."""


@rule(
    Severity.WARNING,
    fields=("dion_rank_fraction", "dion_rank_multiple_of"),
    bad="optimizer: dion\ndion_rank_fraction: 0.25\n",
    good="optimizer: dion\n",
)
def dion_rank_unread(config: Config) -> Iterator[Problem]:
    """A rank for Dion that does not reach it.

    Axolotl hands only the learning rate and the momentum on to the optimizer, which then uses its own default rank.
    """
    for name in ("dion_rank_fraction", "dion_rank_multiple_of"):
        if config.raw(name) is not None:
            yield problem("This never reaches the optimizer, which uses its own rank. Remove it.", name)


@rule(
    Severity.WARNING,
    fields=("tokenizer_use_fast", "tokenizer_type"),
    needs=("tokenizer_use_fast",),
    bad="tokenizer_use_fast: false\nnum_epochs: 1\n",
    good="num_epochs: 1\n",
)
def slow_tokenizer(config: Config) -> Iterator[Problem]:
    """`tokenizer_use_fast: false` with the Transformers that Axolotl installs.

    Transformers 5 drops the choice and always loads the fast tokenizer. Only a `tokenizer_type` of its own decides.
    """
    if config.typed("tokenizer_use_fast") is False and config.typed("tokenizer_type") in (None, "AutoTokenizer"):
        yield problem("Transformers 5 ignores this and loads the fast tokenizer. Remove it.", "tokenizer_use_fast")


@rule(
    Severity.WARNING,
    fields=("default_system_message",),
    bad="default_system_message: Answer briefly.\nnum_epochs: 1\n",
    good="num_epochs: 1\n",
)
def system_message_unused(config: Config) -> Iterator[Problem]:
    """`default_system_message`, which no template has a place for.

    Axolotl looks for a sentence in the template chatml to replace, and that template no longer has one. Put a system
    message into the rows, or into your own template with `chat_template_jinja`.
    """
    if config.typed("default_system_message"):
        message = "No template has a place for this: write a system message into the rows, and remove it here."
        yield problem(message, "default_system_message")


@rule(
    Severity.WARNING,
    fields=("fix_untrained_tokens",),
    bad="fix_untrained_tokens: 128002\n",
    good="fix_untrained_tokens: [128002]\n",
)
def one_token_is_all_tokens(config: Config) -> Iterator[Problem]:
    """`fix_untrained_tokens` as a number.

    Only a list names tokens. A number other than 0 counts as "on", and then every untrained token is changed.
    """
    token = config.raw("fix_untrained_tokens")
    if isinstance(token, int) and not isinstance(token, bool) and token > 1:
        message = f"A number changes every untrained token, not only this one: write `[{token}]`."
        yield problem(message, "fix_untrained_tokens")


@rule(
    Severity.WARNING,
    fields=("unfrozen_parameters",),
    bad="unfrozen_parameters: [self_attn.q_proj]\n",
    good="unfrozen_parameters: ['.*self_attn.q_proj']\n",
)
def pattern_starts_inside_a_name(config: Config) -> Iterator[Problem]:
    """A pattern of `unfrozen_parameters` that begins in the middle of a name.

    Patterns are matched from the start of a parameter's name, such as model.layers.0.self_attn.q_proj.weight. One that
    begins later matches nothing, and what matches nothing stays frozen.
    """
    patterns = config.raw("unfrozen_parameters")
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        first = re.match(r"\w+", pattern) if isinstance(pattern, str) else None
        if first is not None and first[0] in INNER:
            message = "Matches nothing, because names are matched from their start: put `.*` before it."
            yield problem(message, ("unfrozen_parameters", index))


@rule(
    Severity.WARNING,
    fields=("lora_model_dir", "rl", "adapter", "merge_lora"),
    needs=("lora_model_dir",),
    bad=f"{LORA}rl: dpo\n{PAIRS}lora_model_dir: ./adapter\n",
    good=f"{LORA}rl: dpo\n{PAIRS}",
)
def preference_starts_a_new_adapter(config: Config) -> Iterator[Problem]:
    """`lora_model_dir` in preference training.

    The trainer builds the adapter itself there and gets only its settings, so training starts from a new adapter. To go
    on from a trained one, merge it with `axolotl merge-lora` and name the merged model as `base_model`.
    """
    if config.typed("rl") in {"dpo", "ipo", "kto"} and config.typed("adapter") and not config.typed("merge_lora"):
        if config.typed("lora_model_dir"):
            message = (
                f"Not loaded under `rl: {config.raw('rl')}`, which starts a new adapter: merge it, then remove this."
            )
            yield problem(message, "lora_model_dir", "rl")
