"""Attention backends and sample packing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.conditions import ATTENTION, attention, block, separates_rows
from knowledge.config import LEGACY_ATTENTION
from knowledge.examples import LINEAR, LORA
from knowledge.facts import read_json
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PACKED = "sample_packing: true\nattn_implementation: flash_attention_2\n"


@rule(
    Severity.ERROR,
    fields=("sample_packing", "eval_table_size", "eval_sample_packing"),
    needs=("eval_table_size",),
    says="eval_table_size and eval_sample_packing are not supported together with sample_packing",
    bad=f"{PACKED}eval_table_size: 5\n",
    good=f"{PACKED}eval_table_size: 5\neval_sample_packing: false\n",
)
def packed_evaluation_table(config: Config) -> Iterator[Problem]:
    """`eval_table_size` with packing, unless the evaluation is not packed.

    The table shows single rows, which a packed evaluation does not have.
    """
    now = config.at("check_eval_packing")
    if now("sample_packing") and now("eval_table_size") and now("eval_sample_packing") is not False:
        yield problem("Needs `eval_sample_packing: false` with packing.", "eval_table_size", "sample_packing")


@rule(
    Severity.ADVICE,
    fields=ATTENTION,
    says="is deprecated and will be removed in a future release. Use `attn_implementation",
    bad="flash_attention: true\n",
    good="attn_implementation: flash_attention_2\n",
)
def attention_old_flags(config: Config) -> Iterator[Problem]:
    """An attention backend chosen by its old switch.

    One field, `attn_implementation`, replaced the switches. They still work, and a quoted "false" counts as true.
    """
    flags = [name for name in LEGACY_ATTENTION if config.raw(name)]
    if flags and not config.raw("attn_implementation"):
        chosen = LEGACY_ATTENTION[flags[0]]
        yield problem(
            f"This switch still works, but `attn_implementation: {chosen}` replaces it.", *flags, suggestion=chosen
        )


@rule(
    Severity.ERROR,
    fields=ATTENTION,
    says="cannot be combined with legacy attention flags",
    bad="flash_attention: true\nattn_implementation: sdpa\n",
    good="attn_implementation: sdpa\n",
)
def attention_twice(config: Config) -> Iterator[Problem]:
    """`attn_implementation` together with an old switch.

    Both choose the backend. Keep `attn_implementation`.
    """
    flags = [name for name in LEGACY_ATTENTION if config.raw(name)]
    if flags and config.at("normalize_attn_implementation")("attn_implementation"):
        yield problem("Both choose the backend: keep `attn_implementation`.", *flags, "attn_implementation")


@rule(
    Severity.ERROR,
    fields=("attn_implementation",),
    says=(
        "is not accepted. Use the canonical name",
        "is not a recognized backend",
        "attn_implementation must be a string",
    ),
    bad="attn_implementation: flash\n",
    good="attn_implementation: flash_attention_2\n",
)
def attention_unknown(config: Config) -> Iterator[Problem]:
    """An attention backend that Axolotl does not know.

    Axolotl accepts full names, or the path of a kernel on the Hub (with a slash).
    """
    value = config.final("attn_implementation")
    if value is None or (isinstance(value, str) and (value in back_ends() or "/" in value)):
        return
    if not isinstance(value, str):
        yield problem("A name is expected, such as `flash_attention_2`.", "attn_implementation")
        return
    short = {"flash": "flash_attention_2", "flex": "flex_attention", "sdp": "sdpa"}
    near = short.get(value) or {"flash_attn": "flash_attention_2", "flash_attention": "flash_attention_2"}.get(value)
    hint = f"Write `{near}`." if near else "Use one such as `flash_attention_2`, `sdpa`, or `flex_attention`."
    yield problem(f"Unknown backend. {hint}", "attn_implementation", suggestion=near)


@lru_cache(maxsize=1)
def back_ends() -> frozenset[str]:
    """The names of the attention backends (facts/values.json)."""
    return frozenset(read_json("values.json")["attn_implementation"])


@rule(
    Severity.ERROR,
    fields=("gemma4_hybrid_attn_impl", "attn_implementation"),
    needs=("gemma4_hybrid_attn_impl",),
    says="gemma4_hybrid_attn_impl requires attn_implementation",
    bad="gemma4_hybrid_attn_impl: true\nattn_implementation: sdpa\n",
    good="gemma4_hybrid_attn_impl: true\nattn_implementation: flash_attention_2\n",
)
def gemma_hybrid_back_end(config: Config) -> Iterator[Problem]:
    """`gemma4_hybrid_attn_impl` with a backend other than flash attention 2.

    Its sliding-window layers run on flash attention 2.
    """
    now = config.at("normalize_attn_implementation")
    chosen = now("attn_implementation")
    if now("gemma4_hybrid_attn_impl") and chosen and chosen != "flash_attention_2":
        message = "Needs `attn_implementation: flash_attention_2`."
        yield problem(message, "gemma4_hybrid_attn_impl", "attn_implementation")


@rule(
    Severity.WARNING,
    fields=("sample_packing", "diffusion_lm", *ATTENTION),
    says=("`sample_packing` without an attention backend", "does not handle cross-sample decontamination"),
    bad="sample_packing: true\n",
    good=PACKED,
)
def packing_without_back_end(config: Config) -> Iterator[Problem]:
    """Packing without an attention backend that keeps the packed rows apart.

    The tokens of one row then see those of other rows in the same sequence, which silently harms training.
    """
    if not config.typed("sample_packing"):
        return
    diffusion = config.typed("diffusion_lm")
    native = isinstance(diffusion, dict) and not diffusion.get("from_causal_lm")
    chosen = attention(config)
    if not native and not separates_rows(config) and chosen not in ("sdpa", "eager"):
        if chosen:
            message = f"Packed rows see each other under `{chosen}`: use `flash_attention_2`."
            yield problem(message, "sample_packing", "attn_implementation")
        else:
            message = "Packed rows see each other: add `attn_implementation: flash_attention_2`."
            yield problem(message, "sample_packing")


@rule(
    Severity.ADVICE,
    fields=("sample_packing", "bf16", "bfloat16", *ATTENTION),
    says="sample_packing & torch sdpa with bf16 is unsupported",
    bad="sample_packing: true\nattn_implementation: sdpa\nbf16: true\n",
    good=f"{PACKED}bf16: true\n",
)
def packing_on_sdpa(config: Config) -> Iterator[Problem]:
    """Packing on sdpa in bf16.

    On GPUs older than Hopper (H100), the loss may come out as 0. That depends on the GPU, which a config does not
    name.
    """
    if config.typed("sample_packing") and attention(config) == "sdpa":
        if config.typed("bf16") or config.typed("bfloat16"):
            yield problem(
                "On GPUs older than Hopper, the loss may be 0: use `flash_attention_2` there.", "sample_packing"
            )


@rule(
    Severity.WARNING,
    fields=("sample_packing", "pad_to_sequence_len"),
    says="`pad_to_sequence_len: true` is recommended when using sample_packing",
    bad=f"{PACKED}pad_to_sequence_len: false\n",
    good=PACKED,
)
def packing_unpadded(config: Config) -> Iterator[Problem]:
    """Packing with `pad_to_sequence_len: false`.

    Packed sequences of changing lengths fragment the GPU's memory. Leave it out: packing turns it on.
    """
    now = config.at("hint_sample_packing_padding")
    if now("sample_packing") and now("pad_to_sequence_len") is False:
        yield problem(
            "Lengths then change from step to step, which fragments GPU memory. Leave it out.", "pad_to_sequence_len"
        )


@rule(
    Severity.ERROR,
    fields=("scaling_softmax", *ATTENTION),
    needs=("scaling_softmax",),
    says="scaling_softmax requires flex attention",
    bad="scaling_softmax: true\n",
    good="scaling_softmax: true\nattn_implementation: flex_attention\n",
)
def scaling_softmax_back_end(config: Config) -> Iterator[Problem]:
    """`scaling_softmax` without flex attention.

    Only the flex kernel can change its scores this way.
    """
    if config.typed("scaling_softmax") and config.typed("attn_implementation") != "flex_attention":
        yield problem("Needs `attn_implementation: flex_attention`.", "scaling_softmax")


@rule(
    Severity.WARNING,
    fields=("sample_packing", "pad_to_sequence_len", "adapter", *ATTENTION),
    says=("We recommend turning on `pad_to_sequence_len` for SageAttention", "SageAttention full finetuning"),
    bad="attn_implementation: sage\n",
    good=f"{LORA}{LINEAR}attn_implementation: sage\npad_to_sequence_len: true\n",
)
def sage_risks(config: Config) -> Iterator[Problem]:
    """SageAttention without padding or packing, or in full training.

    In some runs the loss exploded without padding, or dropped to 0 in full training. It also needs a GPU from sm_80
    to sm_90, or sm_120.
    """
    if config.typed("attn_implementation") == "sage":
        if not config.typed("sample_packing") and not config.typed("pad_to_sequence_len"):
            message = "The loss can explode without padding: add `pad_to_sequence_len: true`."
            yield problem(message, "attn_implementation")
        if not config.typed("adapter"):
            yield problem(
                "In full training, the loss can drop to 0: watch it, or train an adapter.", "attn_implementation"
            )


@rule(
    Severity.WARNING,
    fields=ATTENTION,
    says="requires compute capability sm_90",
    bad="attn_implementation: fp8\n",
    good="attn_implementation: flash_attention_2\n",
)
def fp8_attention_hardware(config: Config) -> Iterator[Problem]:
    """FP8 attention, which depends on the GPU.

    It needs a Hopper GPU (H100) or newer; on others, Axolotl refuses the config. A config does not name the GPU.
    """
    if config.typed("attn_implementation") == "fp8":
        yield problem("Needs a Hopper GPU (H100) or newer; on others use `flash_attention_2`.", "attn_implementation")


@rule(
    Severity.ERROR,
    fields=ATTENTION,
    says="requires a transformers release that registers",
    bad="attn_implementation: flash_attention_torch\n",
    good="attn_implementation: flash_attention_2\n",
)
def flash_attention_torch(config: Config) -> Iterator[Problem]:
    """`flash_attention_torch`, which the Transformers of this Axolotl does not have.

    Axolotl 0.21.0 installs Transformers 5.20.1, where that backend is not registered yet.
    """
    if config.typed("attn_implementation") == "flash_attention_torch":
        message = "Not in the Transformers version that Axolotl installs: use `flash_attention_2`."
        yield problem(message, "attn_implementation", suggestion="flash_attention_2")


@rule(
    Severity.WARNING,
    fields=("sdpa_varlen", "sample_packing"),
    needs=("sdpa_varlen",),
    says="`sdpa_varlen` only affects packed rows",
    bad="sdpa_varlen: true\n",
    good="sdpa_varlen: true\nsample_packing: true\nattn_implementation: sdpa\n",
)
def varlen_without_packing(config: Config) -> Iterator[Problem]:
    """`sdpa_varlen` without packing.

    It applies only to packed rows.
    """
    if config.typed("sdpa_varlen") and not config.typed("sample_packing"):
        yield problem(
            "No effect: add `sample_packing: true` and `attn_implementation: sdpa`, or remove this.", "sdpa_varlen"
        )


@rule(
    Severity.ERROR,
    fields=("batch_flattening", "sample_packing", *ATTENTION),
    needs=("batch_flattening",),
    says=("batch_flattening requires a varlen-capable attention backend", "batch_flattening not compatible with"),
    bad="batch_flattening: true\n",
    good="batch_flattening: true\nattn_implementation: flash_attention_2\n",
)
def flattening_conflicts(config: Config) -> Iterator[Problem]:
    """`batch_flattening: true` without a backend for it, or with packing.

    It joins the rows of a batch, which needs a backend that keeps them apart; packing does this already.
    """
    value = config.raw("batch_flattening")
    if not value or value == "auto" or not config.typed("batch_flattening"):
        return
    if not separates_rows(config) and attention(config) != "varlen":
        yield problem("Needs a backend such as `attn_implementation: flash_attention_2`.", "batch_flattening")
    if config.typed("sample_packing"):
        yield problem("Packing does this already: remove one of the two.", "batch_flattening", "sample_packing")


@rule(
    Severity.WARNING,
    fields=("batch_flattening", "micro_batch_size", "trl"),
    needs=("batch_flattening",),
    says=("batch_flattening has no effect with micro_batch_size == 1", "batch_flattening with use_liger_loss"),
    bad="batch_flattening: true\nattn_implementation: flash_attention_2\nmicro_batch_size: 1\n",
    good="batch_flattening: true\nattn_implementation: flash_attention_2\nmicro_batch_size: 4\n",
)
def flattening_idle(config: Config) -> Iterator[Problem]:
    """`batch_flattening` where it does little.

    With one row per batch, there is nothing to join; with Liger's loss, it affects only the scoring.
    """
    if not config.raw("batch_flattening"):
        return
    if config.raw("batch_flattening") != "auto" and config.typed("micro_batch_size") == 1:
        message = "No effect with `micro_batch_size: 1`: raise it, or remove this."
        yield problem(message, "batch_flattening", "micro_batch_size")
    if block(config, "trl").get("use_liger_loss"):
        yield problem(
            "With `trl.use_liger_loss`, it affects only the scoring.", "batch_flattening", "trl.use_liger_loss"
        )


BALANCE = (
    *("sample_packing_sequentially", "curriculum_sampling", "diffusion_lm"),
    *("rl", "reward_model", "process_reward_model"),
)


@rule(
    Severity.ERROR,
    fields=("balance_labels", "sample_packing", "streaming", "pretraining_dataset", "group_by_length", *BALANCE),
    needs=("balance_labels",),
    says="balance_labels requires causal LM",
    bad="balance_labels: true\ncurriculum_sampling: true\n",
    good="balance_labels: true\n",
)
def balance_scope(config: Config) -> Iterator[Problem]:
    """`balance_labels` where rows can't be reordered or have no token labels.

    It sorts batches by trained tokens, which does not work with streaming, with a fixed order, or in preference
    training.
    """
    if not config.typed("balance_labels"):
        return
    for name in BALANCE:
        if config.typed(name):
            yield problem("Incompatible with `balance_labels`: remove one of the two.", name, "balance_labels")
    if not config.typed("sample_packing"):
        for name in ("streaming", "pretraining_dataset", "group_by_length"):
            if config.typed(name):
                yield problem("With `balance_labels`, this needs `sample_packing: true`.", name, "balance_labels")


@rule(
    Severity.ERROR,
    fields=("label_balance_window_optim_steps", "balance_labels", "streaming", "pretraining_dataset"),
    says=("label_balance_window_optim_steps requires balance_labels", "requires non-streaming training"),
    bad="label_balance_window_optim_steps: 4\n",
    good="label_balance_window_optim_steps: 4\nbalance_labels: true\n",
)
def balance_window(config: Config) -> Iterator[Problem]:
    """`label_balance_window_optim_steps` without `balance_labels`, or on a stream.

    It is the window in which labels are balanced.
    """
    if (config.typed("label_balance_window_optim_steps") or 1) > 1:
        name = "label_balance_window_optim_steps"
        if not config.typed("balance_labels"):
            yield problem("Needs `balance_labels: true`.", name)
        for stream in ("streaming", "pretraining_dataset"):
            if config.typed(stream):
                yield problem("Does not work with streaming: remove it.", name, stream)


@rule(
    Severity.ERROR,
    fields=("balance_labels", "accelerator_config"),
    says="balance_labels requires split_batches=False",
    bad="balance_labels: true\naccelerator_config:\n  split_batches: true\n",
    good="balance_labels: true\n",
)
def balance_split_batches(config: Config) -> Iterator[Problem]:
    """`balance_labels` with `accelerator_config.split_batches`.

    Steps can't be grouped when batches are split.
    """
    if config.typed("balance_labels") and block(config, "accelerator_config").get("split_batches"):
        yield problem(
            "Incompatible with `balance_labels`: set it to false.", "accelerator_config.split_batches", "balance_labels"
        )
