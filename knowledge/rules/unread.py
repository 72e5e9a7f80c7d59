"""Keys that Axolotl accepts and then does nothing with, or something else than they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.conditions import raw_block
from knowledge.examples import FSDP, GRPO, LINEAR, LORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PAIRS = "datasets:\n  - path: org/pairs\n    type: chatml.intel\n"
TRL = f"{GRPO}trl:\n  num_generations: 4\n  max_completion_length: 256\n  reward_funcs: [rewards.right]\n"
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

    Axolotl passes only the learning rate and the momentum to the optimizer, which then uses its own default rank.
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

    Transformers 5 drops the choice and always loads the fast tokenizer. Only its own `tokenizer_type` decides.
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
    bad=f"{LORA}{LINEAR}rl: dpo\n{PAIRS}lora_model_dir: ./adapter\n",
    good=f"{LORA}{LINEAR}rl: dpo\n{PAIRS}",
)
def preference_starts_a_new_adapter(config: Config) -> Iterator[Problem]:
    """`lora_model_dir` in preference training.

    The trainer builds the adapter itself there and gets only its settings, so training starts from a new adapter. To
    continue from a trained one, merge it with `axolotl merge-lora` and name the merged model as `base_model`.
    """
    if config.typed("rl") in {"dpo", "ipo", "kto"} and config.typed("adapter") and not config.typed("merge_lora"):
        if config.typed("lora_model_dir"):
            message = (
                f"Not loaded under `rl: {config.raw('rl')}`, which starts a new adapter: merge it, then remove this."
            )
            yield problem(message, "lora_model_dir", "rl")


@rule(
    Severity.WARNING,
    fields=("max_prompt_len",),
    bad=f"rl: dpo\n{PAIRS}max_prompt_len: 512\n",
    good=f"rl: dpo\n{PAIRS}",
)
def prompt_limit_unread(config: Config) -> Iterator[Problem]:
    """`max_prompt_len`, which nothing reads.

    Rows are measured against `sequence_len`, prompt and answer together; `excess_length_strategy` says what happens to
    longer ones.
    """
    if config.raw("max_prompt_len") is not None:
        yield problem("Nothing reads this: `sequence_len` limits prompt and answer together.", "max_prompt_len")


@rule(
    Severity.WARNING,
    fields=("fsdp_config.mixed_precision_policy",),
    gpus=2,
    bad=f"{FSDP}  mixed_precision_policy: fp16\n",
    good=FSDP,
)
def fsdp_precision_unread(config: Config) -> Iterator[Problem]:
    """`mixed_precision_policy` in `fsdp_config`, which nothing reads.

    `bf16` or `fp16` decides the format of computation under FSDP too.
    """
    if raw_block(config.raw("fsdp_config")).get("mixed_precision_policy") is not None:
        message = "Nothing reads this: `bf16` or `fp16` decides, as without FSDP. Remove it."
        yield problem(message, "fsdp_config.mixed_precision_policy")


@rule(
    Severity.WARNING,
    fields=("trl.reroll_start_fraction", "trl.reroll_max_groups"),
    bad=f"{TRL}  reroll_start_fraction: 0.5\n",
    good=TRL,
)
def failed_prompts_never_come_back(config: Config) -> Iterator[Problem]:
    """`reroll_start_fraction` or `reroll_max_groups`, which give no prompt a second try.

    Failed prompts are collected and counted in the log, but 0.21.0 never calls the function that would put them back
    into a batch.
    """
    given = raw_block(config.raw("trl"))
    for name, off in (("reroll_start_fraction", 1), ("reroll_max_groups", 1)):
        if given.get(name) not in (None, off):
            yield problem("Failed prompts are never put back into a batch in this release. Remove it.", f"trl.{name}")
