"""What the files of a model's repository say of it: what kind it is, how long its texts may be, how it is stored."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from knowledge.facts import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knowledge.hub.facts import Repository

Kind = Literal["model", "adapter", "gguf", "encoder", "diffusion", "other"]
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".msgpack", ".h5")
_LENGTHS = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "seq_length", "n_ctx")
_STRETCHED = frozenset({"linear", "dynamic", "yarn"})
_TEXT_PARTS = ("text_config", "llm_config", "language_config", "thinker_config")
_BOTH = frozenset({"bert", "roberta", "xlm-roberta", "xlm-roberta-xl", "electra", "camembert", "roformer", "rembert"})
"""Encoders that Transformers also has as generators; their repositories mostly hold the encoder."""
_QUARTERS = {"gptq": "I32", "awq": "I32", "bitsandbytes": "U8"}
_PACKED = {"I32": 8, "U8": 2}
"""4-bit weights in one stored element."""


def kind_of(repository: Repository) -> Kind:
    """What kind of repository it is; "model" is what a language model is trained from."""
    files = repository.files or ()
    if "config.json" not in files and repository.config is None:
        if "adapter_config.json" in files or repository.library == "peft":
            return "adapter"
        if "model_index.json" in files or repository.library == "diffusers":
            return "diffusion"
        if any(name.endswith(".gguf") for name in files):
            return "gguf"
    if files and not has_weights(repository) and any(name.endswith(".gguf") for name in files):
        return "gguf"
    model_type = repository.dimensions.get("model_type")
    if _is_encoder(repository):
        return "encoder"
    if isinstance(model_type, str) and is_no_generator(model_type):
        return "other"
    return "model" if repository.dimensions else "other"


def has_weights(repository: Repository) -> bool:
    """Whether it holds weights that Transformers could load."""
    return any(name.endswith(_WEIGHTS) and "/" not in name for name in repository.files or ())


def is_no_generator(model_type: str) -> bool:
    """Whether Transformers knows a model type and none of the classes that Axolotl loads models with takes it."""
    return is_known(model_type) and not any(model_type in loaders()[kind] for kind in ("causal", "multimodal", "own"))


def is_known(model_type: str) -> bool:
    """Whether Transformers or Axolotl knows a model type without code from the repository."""
    return any(model_type in loaders()[kind] for kind in ("known", "own"))


@cache
def loaders() -> dict[str, frozenset[str]]:
    """Kind of loader -> the model types that it takes, from the facts."""
    facts = read_json("loaders.json")
    return {kind: frozenset(facts[kind]) for kind in ("known", "causal", "multimodal", "own")}


def kernels_rewrite(model_type: str) -> bool | None:
    """Whether the LoRA kernels can rewrite the attention of a type; None for one that nothing is known of."""
    found = read_json("supported.json")["types"].get(model_type)
    if found is None:
        return None
    told = found["says"].get("lora_kernels")
    return bool(found["lora_kernels"]) and not (told and told[0] == "unsupported")


def _is_encoder(repository: Repository) -> bool:
    """Whether the class in its config is one that reads a text without writing one."""
    name, model_type = architecture_name(repository) or "", repository.dimensions.get("model_type")
    if repository.dimensions.get("is_encoder_decoder"):
        return False
    if name.endswith(("ForMaskedLM", "ForPreTraining", "ForQuestionAnswering", "ForMultipleChoice")):
        return True
    reads = name.endswith(("Model", "ForSequenceClassification", "ForTokenClassification"))
    return reads and isinstance(model_type, str) and (is_no_generator(model_type) or model_type in _BOTH)


def architecture_name(repository: Repository) -> str | None:
    """The class that its config names."""
    names = repository.dimensions.get("architectures")
    first = names[0] if isinstance(names, list) and names else None
    return first if isinstance(first, str) else None


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a config that is about text; the whole of one that has no other."""
    for name in _TEXT_PARTS:
        part = config.get(name)
        if isinstance(part, dict) and part:
            return text_part(part)
    return config


def context_length(repository: Repository) -> int | None:
    """The longest text that the model was made for, the stretching of its positions counted; None if it is not told."""
    if repository.config is None:
        return None
    part = text_part(repository.config)
    length = next((value for name in _LENGTHS if (value := _whole(part.get(name)))), None)
    if length is None:
        return None
    for scaling in _scalings(part):
        factor, first = scaling.get("factor"), _whole(scaling.get("original_max_position_embeddings"))
        if not isinstance(factor, int | float) or isinstance(factor, bool) or not 1 <= factor <= 1_000:
            continue
        if first is not None:
            length = max(length, round(first * factor))
        elif scaling.get("rope_type", scaling.get("type")) in _STRETCHED:
            length = max(length, round(length * factor))
    return length


def _scalings(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The ways in which positions are stretched: one, or one for each kind of layer."""
    found = [part.get("rope_scaling"), part.get("rope_parameters")]
    named = [each for each in found if isinstance(each, dict)]
    return [*named, *(inner for each in named for inner in each.values() if isinstance(inner, dict))]


def quantized_as(repository: Repository) -> str | None:
    """How the stored weights are quantized: "gptq", "awq", "bitsandbytes", "fp8" ...; None if not."""
    settings = quantization_of(repository)
    if not settings:
        return None
    method = settings.get("quant_method")
    if isinstance(method, str) and method:
        return method
    if settings.get("load_in_4bit") or settings.get("load_in_8bit"):
        return "bitsandbytes"
    return "unknown"


def quantization_of(repository: Repository) -> Mapping[str, Any]:
    """The `quantization_config`, empty without one."""
    for config in (repository.dimensions, text_part(repository.dimensions)):
        found = config.get("quantization_config")
        if isinstance(found, dict):
            return found
    return {}


def has_template(repository: Repository) -> bool | None:
    """Whether its tokenizer has a chat template; None where that is not known."""
    return None if repository.template is None else bool(repository.template)


def stored_parameters(repository: Repository) -> int | None:
    """Parameters by the stored tensors, packed weights unpacked; None where the Hub has not counted them.

    It may hold more than what is loaded: a head stored with the embedding that it shares, or buffers.
    """
    packed = _QUARTERS.get(quantized_as(repository) or "")
    total = sum(
        count * (_PACKED[kind] if kind == packed and _is_four_bit(repository) else 1)
        for kind, count in repository.tensors.items()
    )
    return total or None


def _is_four_bit(repository: Repository) -> bool:
    settings = quantization_of(repository)
    return settings.get("bits", 4) == 4 and not settings.get("load_in_8bit") and not settings.get("_load_in_8bit")


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40 else None
