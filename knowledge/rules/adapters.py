"""LoRA and other adapters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.examples import LINEAR, LORA, QLORA
from knowledge.finding import Severity
from knowledge.kinds_of_run import LORA_FIELDS
from knowledge.rule import Problem, problem, rule
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

VALUE_FREE_INIT = (None, True, False, "gaussian")


@rule(
    Severity.ERROR,
    fields=("load_in_8bit", "load_in_4bit", "adapter", "inference"),
    needs=("load_in_8bit", "load_in_4bit"),
    says="load_in_8bit and load_in_4bit are not supported without setting an adapter",
    bad=f"load_in_4bit: true\n{LINEAR}",
    good=f"{QLORA}{LINEAR}",
)
def quantized_without_adapter(config: Config) -> Iterator[Problem]:
    """Quantized loading without an adapter.

    Weights in 8 or 4 bits can't be trained themselves: set `adapter: qlora` (4 bits) or `lora` (8 bits).
    """
    now = config.at("validate_adapter")
    name = next((key for key in ("load_in_4bit", "load_in_8bit") if now(key)), None)
    if name and not now("adapter") and not now("inference"):
        kind = "qlora" if name == "load_in_4bit" else "lora"
        yield problem(
            f"Needs an adapter: add `adapter: {kind}`, `lora_r: 16`, and `lora_alpha: 32`, or remove this.", name
        )


@rule(
    Severity.ERROR,
    fields=("adapter", "load_in_4bit", "merge_lora"),
    says="Require cfg.load_in_4bit to be True for qlora",
    bad="adapter: qlora\nlora_r: 16\nlora_alpha: 32\n",
    good=QLORA,
)
def qlora_without_4bit(config: Config) -> Iterator[Problem]:
    """QLoRA without 4-bit loading.

    QLoRA trains on 4-bit weights. For 8 bits or unquantized weights, use `adapter: lora`.
    """
    if config.typed("adapter") == "qlora" and not config.typed("merge_lora") and not config.typed("load_in_4bit"):
        yield problem(
            "Needs `load_in_4bit: true`; for unquantized weights use `adapter: lora`.", "adapter", "load_in_4bit"
        )


@rule(
    Severity.ERROR,
    fields=("adapter", "load_in_8bit"),
    needs=("load_in_8bit",),
    says=("Can't load qlora in 8bit", "Can't merge qlora if loaded in 8bit"),
    bad=f"{QLORA}load_in_8bit: true\n",
    good=QLORA,
)
def qlora_in_8bit(config: Config) -> Iterator[Problem]:
    """QLoRA together with 8-bit weights.

    QLoRA trains on 4-bit weights. Set `load_in_4bit: true` and remove `load_in_8bit`; for 8 bits use `adapter: lora`.
    """
    if config.typed("adapter") == "qlora" and config.typed("load_in_8bit"):
        yield problem("QLoRA trains on 4 bits: remove this, or use `adapter: lora`.", "load_in_8bit", "adapter")


@rule(
    Severity.ERROR,
    fields=("adapter", "gptq"),
    needs=("gptq",),
    says=("Can't load qlora if gptq", "Can't merge qlora if gptq"),
    bad=f"{QLORA}gptq: true\n",
    good=f"{LORA}gptq: true\n",
)
def qlora_on_gptq(config: Config) -> Iterator[Problem]:
    """QLoRA on a GPTQ model.

    A GPTQ model is already quantized: use `adapter: lora`.
    """
    if config.typed("adapter") == "qlora" and config.typed("gptq"):
        yield problem("Already quantized: use `adapter: lora`, and remove `load_in_4bit`.", "gptq", "adapter")


@rule(
    Severity.ERROR,
    fields=("merge_lora", "adapter", "load_in_4bit"),
    says="Can't merge qlora if loaded in 4bit",
    bad=f"{QLORA}{LINEAR}merge_lora: true\n",
    good="adapter: qlora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\nmerge_lora: true\n",
)
def qlora_merged_in_4bit(config: Config) -> Iterator[Problem]:
    """Merging a QLoRA adapter into weights that are loaded in 4 bits.

    Merge into the full weights: load without `load_in_4bit`.
    """
    if config.typed("adapter") == "qlora" and config.typed("merge_lora") and config.typed("load_in_4bit"):
        yield problem("Merging needs the full weights: remove `load_in_4bit`.", "load_in_4bit", "merge_lora")


@rule(
    Severity.ERROR,
    fields=("lora_target_parameters", "lora_dropout"),
    needs=("lora_target_parameters",),
    says="lora_dropout must be 0 when lora_target_parameters is set",
    bad=f"{LORA}lora_target_parameters: [mlp.experts.down_proj]\nlora_dropout: 0.05\n",
    good=f"{LORA}lora_target_parameters: [mlp.experts.down_proj]\nlora_dropout: 0\n",
)
def target_parameters_dropout(config: Config) -> Iterator[Problem]:
    """`lora_target_parameters` with dropout.

    PEFT can't apply dropout to parameters that are targeted directly.
    """
    if config.typed("lora_target_parameters") and config.typed("lora_dropout"):
        yield problem("Must be 0 with `lora_target_parameters`.", "lora_dropout", "lora_target_parameters")


@rule(
    Severity.ERROR,
    fields=("lora_target_parameters", "peft_init_lora_weights", "peft"),
    says="peft_init_lora_weights must be the default or gaussian when",
    bad=f"{LORA}lora_target_parameters: [mlp.experts.down_proj]\npeft_init_lora_weights: pissa\n",
    good=f"{LORA}lora_target_parameters: [mlp.experts.down_proj]\n",
)
def target_parameters_init(config: Config) -> Iterator[Problem]:
    """`lora_target_parameters` with an init that reads the base weights.

    Such inits need a base layer, which a directly targeted parameter does not have.
    """
    block = config.typed("peft")
    unusual = config.typed("peft_init_lora_weights") not in VALUE_FREE_INIT
    loftq = isinstance(block, dict) and block.get("loftq_config")
    if config.typed("lora_target_parameters") and (unusual or loftq):
        name = "peft_init_lora_weights" if unusual else "peft.loftq_config"
        yield problem(
            "Incompatible with `lora_target_parameters`: leave it at its default.", name, "lora_target_parameters"
        )


@rule(
    Severity.ERROR,
    fields=("lora_target_modules",),
    says="contains invalid regex pattern",
    bad=f"{LORA}lora_target_modules: ['q_proj', '*_proj']\n",
    good=f"{LORA}lora_target_modules: ['q_proj', '.*_proj']\n",
)
def target_modules_regex(config: Config) -> Iterator[Problem]:
    """An entry of `lora_target_modules` is not a valid regular expression.

    Entries are module names or regular expressions: `.*_proj`, not `*_proj`.
    """
    modules = config.at("check_lora_target_modules_regex")("lora_target_modules")
    for index, entry in enumerate(modules if isinstance(modules, list) else ()):
        if isinstance(entry, str) and not entry.isidentifier():
            try:
                re.compile(entry)
            except re.error as error:
                message = f"Not a valid regular expression ({error.msg}). Write names, or `.*` for anything."
                yield problem(message, ("lora_target_modules", index))
        elif entry is not None and not isinstance(entry, str):
            yield problem("Text is expected: a module's name.", ("lora_target_modules", index))


@rule(
    Severity.ERROR,
    fields=("lr_groups", "loraplus_lr_ratio"),
    says="lr_groups and loraplus_lr_ratio cannot be used together",
    bad=f"{LORA}loraplus_lr_ratio: 16\nlr_groups:\n  - name: o\n    modules: [o_proj]\n    lr: 0.00001\n",
    good=f"{LORA}loraplus_lr_ratio: 16\n",
)
def learning_rate_groups_twice(config: Config) -> Iterator[Problem]:
    """`lr_groups` and `loraplus_lr_ratio` are both set.

    Both give parameters their own learning rates; Axolotl accepts only one.
    """
    now = config.at("check_lr_groups")
    if now("lr_groups") and now("loraplus_lr_ratio"):
        yield problem("Both set their own learning rates; keep one.", "lr_groups", "loraplus_lr_ratio")


@rule(
    Severity.ERROR,
    fields=("adapter", "peft_layers_to_transform", "unfrozen_parameters"),
    needs=("peft_layers_to_transform",),
    says="`unfrozen_parameters` used with `peft_layers_to_transform`",
    bad=f"{LORA}peft_layers_to_transform: [0, 1]\nunfrozen_parameters: ['lm_head.weight']\n",
    good=f"{LORA}peft_layers_to_transform: [0, 1]\n",
)
def frozen_and_layers(config: Config) -> Iterator[Problem]:
    """`unfrozen_parameters` with `peft_layers_to_transform`.

    Both choose what is trained, and it is unclear what happens with both.
    """
    now = config.at("check_frozen")
    if now("adapter") and now("peft_layers_to_transform") and now("unfrozen_parameters"):
        message = "Both choose what is trained; keep one."
        yield problem(message, "unfrozen_parameters", "peft_layers_to_transform")


@rule(
    Severity.ERROR,
    fields=("peft_layers_pattern", "peft_layers_to_transform"),
    says="peft_layers_pattern requires peft_layers_to_transform to be set",
    bad=f"{LORA}peft_layers_pattern: [layers]\n",
    good=f"{LORA}peft_layers_pattern: [layers]\npeft_layers_to_transform: [0, 1]\n",
)
def layers_pattern_alone(config: Config) -> Iterator[Problem]:
    """`peft_layers_pattern` without `peft_layers_to_transform`.

    The pattern says only where the layers are; the other field says which of them.
    """
    now = config.at("check_peft_layers_pattern")
    if now("peft_layers_pattern") and not now("peft_layers_to_transform"):
        yield problem("Needs `peft_layers_to_transform`, which says which layers.", "peft_layers_pattern")


@rule(
    Severity.ERROR,
    fields=("lora_fp32_gradients", "adapter", "use_ray"),
    needs=("lora_fp32_gradients",),
    says="lora_fp32_gradients requires",
    bad=f"{LINEAR}lora_fp32_gradients: true\n",
    good=f"{LORA}{LINEAR}lora_fp32_gradients: true\n",
)
def fp32_gradients_without_adapter(config: Config) -> Iterator[Problem]:
    """`lora_fp32_gradients` without a LoRA adapter.

    It applies only to the gradients of LoRA weights.
    """
    now = config.at("check_lora_fp32_gradients")
    if now("lora_fp32_gradients") and now("adapter") not in ("lora", "qlora", "multilora") and not now("use_ray"):
        yield problem(
            "Needs an adapter: add `adapter: lora` with `lora_r: 16` and `lora_alpha: 32`.", "lora_fp32_gradients"
        )


@rule(
    Severity.WARNING,
    fields=("fix_untrained_tokens", "peft_trainable_token_indices"),
    says="fix_untrained_tokens",
    bad=f"{LORA}fix_untrained_tokens: [5]\npeft_trainable_token_indices: [6]\n",
    good=f"{LORA}fix_untrained_tokens: [5]\npeft_trainable_token_indices: [5]\n",
)
def untrained_token_not_trainable(config: Config) -> Iterator[Problem]:
    """A token of `fix_untrained_tokens` that is not among `peft_trainable_token_indices`.

    Its embedding gets a good starting value and is not trained.
    """
    fixed = config.typed("fix_untrained_tokens")
    trainable = config.typed("peft_trainable_token_indices")
    if fixed is None or not trainable:
        return
    indices = trainable if isinstance(trainable, list) else [each for ids in trainable.values() for each in ids]
    missing = [token for token in (fixed if isinstance(fixed, list) else [fixed]) if token not in indices]
    if missing:
        message = f"Token {missing[0]} is not trained: add it to `peft_trainable_token_indices`."
        yield problem(message, "fix_untrained_tokens", "peft_trainable_token_indices")


@rule(
    Severity.WARNING,
    fields=("adapter", "lora_model_dir", *LORA_FIELDS),
    bad=f"lora_r: 16\nlora_alpha: 32\n{LINEAR}",
    good=f"{LORA}{LINEAR}",
)
def lora_without_adapter(config: Config) -> Iterator[Problem]:
    """LoRA fields without `adapter`.

    Without it the whole model is trained, which needs several times the memory, and these fields do nothing.
    """
    if not config.raw("adapter") and not config.raw("lora_model_dir"):
        given = [name for name in LORA_FIELDS if config.raw(name) is not None]
        if given:
            yield problem("No effect without an adapter: the whole model is trained. Add `adapter: lora`.", *given)


@rule(
    Severity.CRASH,
    fields=("adapter", "lora_r", "lora_alpha", "lora_model_dir"),
    bad=f"adapter: lora\nlora_alpha: 32\n{LINEAR}",
    good=f"{LORA}{LINEAR}",
)
def lora_without_rank(config: Config) -> Iterator[Problem]:
    """An adapter without `lora_r` or `lora_alpha`.

    Validation passes; building the adapter fails, because PEFT needs numbers.
    """
    if config.raw("adapter") in ("lora", "qlora") and not config.raw("lora_model_dir"):
        missing = [name for name in ("lora_r", "lora_alpha") if config.typed(name) is None]
        if missing:
            names = listed([f"`{name}`" for name in missing])
            cure = "add them, such as 16 and 32" if len(missing) > 1 else "add it, such as 16"
            yield problem(f"Building the adapter fails without {names}: {cure}.", "adapter", *missing)


@rule(
    Severity.CRASH,
    fields=("adapter", "lora_target_modules", "lora_target_linear", "lora_target_parameters", "lora_model_dir"),
    needs=("adapter",),
    bad=LORA,
    good=f"{LORA}{LINEAR}",
)
def lora_without_targets(config: Config) -> Iterator[Problem]:
    """An adapter that is put on no layer.

    Axolotl hands PEFT an empty list, so PEFT does not choose layers by itself and stops: no target modules passed.
    """
    if config.raw("adapter") not in ("lora", "qlora") or config.raw("lora_model_dir"):
        return
    named = ("lora_target_modules", "lora_target_linear", "lora_target_parameters")
    if not any(config.typed(name) for name in named):
        message = "Building the adapter fails without target layers: add `lora_target_linear: true`."
        yield problem(message, "adapter", *named)


@rule(
    Severity.WARNING,
    fields=("lora_target_modules", "lora_target_linear", "adapter"),
    needs=("lora_target_linear",),
    bad=f"{LORA}lora_target_modules: [q_proj]\nlora_target_linear: true\n",
    good=f"{LORA}lora_target_linear: true\n",
)
def target_linear_and_modules(config: Config) -> Iterator[Problem]:
    """`lora_target_linear` together with `lora_target_modules`.

    `lora_target_linear` already adapts every linear layer, so the list can only add to them.
    """
    if config.typed("lora_target_linear") and config.typed("lora_target_modules"):
        message = "Every linear layer is already adapted, and the list only adds to them. Keep one."
        yield problem(message, "lora_target_linear", "lora_target_modules")
