"""The base model and how it is named."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.conditions import nearest
from knowledge.facts import read_json
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("tokenizer_config", "base_model_config", "base_model", "tokenizer_use_mistral_common"),
    says="object has no attribute 'lower'",
    bad="tokenizer_config:\n",
    good="tokenizer_config: org/tokenizer\n",
)
def model_name_blank(config: Config) -> Iterator[Problem]:
    """`base_model`, `base_model_config`, or `tokenizer_config` is blank or not text.

    Axolotl looks for a name in them and fails with a bare AttributeError that does not name a field. Leave a blank
    key out.
    """
    if config.at("check_tokenizer_use_mistral_common")("tokenizer_use_mistral_common") is not None:
        return
    for name in ("base_model", "base_model_config", "tokenizer_config"):
        value = config.raw(name)
        if config.written(name) and not isinstance(value, str):
            if value is None:
                yield problem(f"This is blank, and Axolotl crashes on it without saying why. Remove `{name}:`.", name)
            else:
                yield problem("Text is expected: a Hub name or a folder. Quote it.", name)
        elif isinstance(value, str) and "magistral" in value.lower():
            return


@rule(
    Severity.CRASH,
    fields=("model_type", "type_of_model", "trust_remote_code", "gptq", "plugins", "qlora_sharded_model_loading"),
    needs=("model_type", "type_of_model"),
    says="module transformers has no attribute",
    bad="model_type: AutoModalForCausalLM\n",
    good="model_type: AutoModelForCausalLM\n",
)
def model_type_unknown(config: Config) -> Iterator[Problem]:
    """`model_type` names a class that Transformers does not have.

    Axolotl looks the class up by its name when it loads the model, and fails with an AttributeError. Leave the field
    out: Axolotl finds the class from the model itself. A class from the model's own repository is found only with
    `trust_remote_code: true`.
    """
    name = config.typed("type_of_model")
    if not name or config.typed("trust_remote_code") or config.typed("gptq") or name in model_classes():
        return
    if config.typed("qlora_sharded_model_loading") or brings_own_code(config):
        return
    by_letters = {each.lower(): each for each in model_classes()}
    near = by_letters.get(nearest(config, name, tuple(by_letters), cutoff=90) or "")
    cure = f"Did you mean `{near}`?" if near else "Leave it out: the model names its own class."
    written = "model_type" if config.written("model_type") else "type_of_model"
    yield problem(f"Transformers has no such class, so loading the model fails. {cure}", written, suggestion=near)


def brings_own_code(config: Config) -> bool:
    """Whether a plugin that is not Axolotl's own may add classes."""
    plugins = config.raw("plugins")
    names = plugins if isinstance(plugins, list) else ()
    return any(isinstance(name, str) and not name.startswith("axolotl.") for name in names)


@lru_cache(maxsize=1)
def model_classes() -> frozenset[str]:
    """The names by which Transformers loads models (facts/classes.json)."""
    return frozenset(read_json("classes.json")["classes"])


@rule(
    Severity.WARNING,
    fields=("trust_remote_code", "model_type", "type_of_model"),
    needs=("trust_remote_code",),
    says="`trust_remote_code` is set to true",
    bad="trust_remote_code: true\n",
    good="trust_remote_code: false\n",
)
def remote_code(config: Config) -> Iterator[Problem]:
    """`trust_remote_code: true` runs code from the model's repository.

    Most models no longer need it. Read the code first, or leave the field out.
    """
    name = config.typed("type_of_model")
    if config.typed("trust_remote_code"):
        needed = bool(name) and name not in model_classes()
        cure = f"read it first. It loads `{name}`." if needed else "read it first, or leave this out."
        yield problem(f"Runs code from the model's repository: {cure}", "trust_remote_code")


@rule(
    Severity.ERROR,
    fields=("rope_scaling",),
    says="`rope_scaling` is no longer supported",
    bad="rope_scaling:\n  type: linear\n  factor: 2.0\n",
    good="model_config:\n  rope_scaling:\n    type: linear\n    factor: 2.0\n",
)
def rope_scaling_at_the_root(config: Config) -> Iterator[Problem]:
    """`rope_scaling` at the top level was removed.

    Put overrides of the model's own config under `model_config`.
    """
    if config.typed("rope_scaling"):
        yield problem("This moved: put it under `model_config:`.", "rope_scaling", suggestion="model_config")


@rule(
    Severity.ERROR,
    fields=("processor_kwargs",),
    says="Do not set reserved keys",
    bad="processor_kwargs:\n  revision: main\n",
    good="revision_of_model: main\n",
)
def processor_reserved_keys(config: Config) -> Iterator[Problem]:
    """`processor_kwargs` contains `revision` or `trust_remote_code`.

    These have their own fields at the top level.
    """
    options = config.typed("processor_kwargs")
    for key, root in (("revision", "revision_of_model"), ("trust_remote_code", "trust_remote_code")):
        if isinstance(options, dict) and key in options:
            yield problem(
                f"Not allowed here: set `{root}` at the top level instead.", ("processor_kwargs", key), suggestion=root
            )


@rule(
    Severity.ERROR,
    fields=("base_model", "gradient_checkpointing"),
    says="gradient_checkpointing is not supported for MPT models",
    bad="base_model: mosaicml/mpt-7b\ngradient_checkpointing: true\n",
    good="base_model: mosaicml/mpt-7b\ngradient_checkpointing: false\n",
)
def mpt_checkpointing(config: Config) -> Iterator[Problem]:
    """Gradient checkpointing with a model whose name contains "mpt".

    The check looks for the three letters anywhere in the name, so it also hits "prompt": rename the folder then.
    """
    if "mpt" in (config.typed("base_model") or "").lower() and config.typed("gradient_checkpointing"):
        message = 'Refused for names with "mpt" in them: set it to false, or rename the folder.'
        yield problem(message, "gradient_checkpointing", "base_model")


@rule(
    Severity.ERROR,
    fields=("base_model", "fsdp_config"),
    needs=("fsdp_config",),
    says="FSDP is not supported for falcon models",
    bad="base_model: tiiuae/falcon-7b\nfsdp_config:\n  reshard_after_forward: true\n",
    good="base_model: tiiuae/falcon-7b\n",
)
def falcon_fsdp(config: Config) -> Iterator[Problem]:
    """FSDP with a model whose name contains "falcon".

    The check looks for the word anywhere in the name, so it also hits Falcon-H1 and Falcon-E. Use DeepSpeed.
    """
    if "falcon" in (config.typed("base_model") or "").lower() and config.typed("fsdp_config"):
        yield problem("Refused for Falcon models: use `deepspeed` instead.", "fsdp_config", "base_model")


@rule(
    Severity.ERROR,
    fields=("flash_optimum", "bf16", "fp16", "bfloat16", "float16"),
    needs=("flash_optimum",),
    says="AMP is not supported with BetterTransformer",
    bad="flash_optimum: true\nbf16: true\n",
    good="bf16: true\n",
)
def better_transformer_precision(config: Config) -> Iterator[Problem]:
    """`flash_optimum` with mixed precision.

    BetterTransformer works only without it; `bf16`, whose default is auto, counts as on.
    """
    if config.typed("flash_optimum") and (config.typed("fp16") or config.typed("bf16")):
        message = "Incompatible with mixed precision (also `bf16: auto`): remove this; flash attention replaces it."
        yield problem(message, "flash_optimum")


@rule(
    Severity.WARNING,
    fields=("flash_optimum", "adapter", "float16", "bfloat16"),
    needs=("flash_optimum",),
    says=("You should probably set bfloat16 or float16", "BetterTransformers probably doesn't work with PEFT"),
    bad="flash_optimum: true\nbf16: false\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n",
    good="bf16: false\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n",
)
def better_transformer_doubtful(config: Config) -> Iterator[Problem]:
    """`flash_optimum` with an adapter, or without `bfloat16` or `float16`.

    Both are unlikely to work; flash attention has replaced it.
    """
    if config.typed("flash_optimum"):
        if config.typed("adapter"):
            yield problem("Probably fails with an adapter: remove this.", "flash_optimum", "adapter")
        if not (config.typed("bfloat16") or config.typed("float16")):
            yield problem("Needs `bfloat16: true` or `float16: true`; better, remove this.", "flash_optimum")


@rule(
    Severity.ERROR,
    fields=("max_memory", "gpu_memory_limit"),
    says="max_memory and gpu_memory_limit are mutually exclusive",
    bad="max_memory:\n  0: 20GiB\ngpu_memory_limit: 20\n",
    good="gpu_memory_limit: 20\n",
)
def memory_limit_twice(config: Config) -> Iterator[Problem]:
    """`max_memory` and `gpu_memory_limit` are both set.

    Both limit how much of a GPU the model may use; Axolotl accepts only one.
    """
    now = config.at("check_mem_mismatch")
    if now("max_memory") is not None and now("gpu_memory_limit") is not None:
        yield problem("Both limit the GPU's memory; keep one.", "gpu_memory_limit", "max_memory")


@rule(
    Severity.ADVICE,
    fields=("is_mistral_derived_model", "base_model"),
    bad="base_model: /models/old-mistral/run1\n",
    good="base_model: /models/old-mistral/run1\nis_mistral_derived_model: true\n",
)
def mistral_padding(config: Config) -> Iterator[Problem]:
    """`is_mistral_derived_model` for an older Mistral under your own name.

    Older Mistral models pad on the other side. Axolotl recognizes them by the model's type, or by "mistral" in the
    last part of the path; where neither tells, set the field.
    """
    name = config.raw("base_model")
    if not isinstance(name, str) or not name.startswith(("/", ".")) or config.typed("is_mistral_derived_model"):
        return
    if "mistral" in name.lower() and "mistral" not in name.lower().split("/")[-1]:
        message = "A local Mistral model: if it is an older one, set `is_mistral_derived_model: true` (padding)."
        yield problem(message, "base_model")
