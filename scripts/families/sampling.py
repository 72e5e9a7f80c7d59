"""Builds varied models of every family without weights and writes what they are made of, a file a family.

    PYTHON -m scripts.families.sampling [--samples 40] FOLDER [FAMILY ...]

Runs in an interpreter that has Transformers and PEFT, from the root of this repository. A family is a `model_type`;
with "+" the class for images or sound, with "@" in front a tower alone. Every line is one model: the keys that were
given (`given`), all keys (`keys`, with expressions where the class computed them), `tensors` (name, shape, expressions,
kind), `lists` of layers, `nested` models, other names of keys (`aliases`), and for the first two what PEFT makes of
`lora_target_linear` (`peft`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
from pathlib import Path
from typing import Any

from scripts.families.symbols import Real, Whole, follow_builtins, follow_tensors
from scripts.families.variation import NEEDED, Variation, with_symbols

_STRENGTHS = (0.15, 0.3, 0.6, 1.0)
_RANK = 16
_KEPT = frozenset({"tie_word_embeddings"})

transformers: Any = importlib.import_module("transformers")
torch: Any = importlib.import_module("torch")
mappings: Any = importlib.import_module("transformers.models.auto.modeling_auto")
configurations: Any = importlib.import_module("transformers.models.auto.configuration_auto")
initialization: Any = importlib.import_module("transformers.initialization")
COMMON = frozenset(vars(transformers.PretrainedConfig())) - _KEPT


def model_class(family: str) -> Any:
    """The class that a family stands for."""
    model_type = family.strip("@+")
    if family.startswith("@"):
        name = dict(mappings.MODEL_MAPPING_NAMES)[model_type]
    elif family.endswith("+"):
        name = {
            **mappings.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
            **mappings.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        }[model_type]
    else:
        name = dict(mappings.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)[model_type]
    return getattr(transformers, name if isinstance(name, str) else name[0])


def sample(family: str, chance: random.Random, strength: float, *, adapter: bool) -> dict[str, Any]:
    """One model of a family."""
    model_type, cls = family.strip("@+"), model_class(family)
    kind = configurations.CONFIG_MAPPING[model_type]
    arguments = Variation(chance, COMMON, strength).of(kind())
    for key, value in NEEDED.get(model_type, {}).items():
        arguments.setdefault(key, value if isinstance(value, dict) else Whole(value * chance.choice((1, 2)), key))
    config = kind(**arguments)
    row: dict[str, Any] = {"given": plain(arguments), "keys": keys_of(config), "aliases": aliases_of(config)}
    _give_head_width(config, row, chance, strength)
    with_symbols(config)
    with torch.device("meta"), initialization.no_init_weights():
        model = cls._from_config(config)
    model.tie_weights()
    row |= {"class": type(model).__name__, "prefix": model.base_model_prefix, **_modules(model)}
    row["converts"] = conversion(model_type)
    if adapter:
        row["peft"] = adapted(model)
    return row


def plain(value: Any) -> Any:
    """A value without expressions, as JSON takes it."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (Whole, Real)):
        return int.__int__(value) if isinstance(value, int) else float.__float__(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else None


def keys_of(config: Any, prefix: str = "") -> dict[str, tuple[Any, str | None]]:
    """Every key, parts included: its value, and its expression where the class computed it."""
    found: dict[str, tuple[Any, str | None]] = {}
    computed = {name: getattr(config, name, None) for name in ("layer_types", "layers_block_type")}
    for key, value in {**computed, **vars(config)}.items():
        if key.startswith("_") or (key in COMMON and key not in computed):
            continue
        if hasattr(value, "model_type"):
            found |= keys_of(value, f"{prefix}{key}.")
        elif isinstance(value, (list, tuple)) or value is None or isinstance(value, (bool, int, float, str)):
            found[prefix + key] = (plain(value), getattr(value, "expression", None))
    return found


def aliases_of(config: Any, prefix: str = "") -> dict[str, str]:
    """Other names of keys."""
    found = {prefix + other: prefix + key for other, key in (type(config).attribute_map or {}).items()}
    for key, value in vars(config).items():
        if hasattr(value, "model_type"):
            found |= aliases_of(value, f"{prefix}{key}.")
    return found


def linear_names(model: Any) -> list[str]:
    """What Axolotl gathers for `lora_target_linear`."""
    names = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) or "Linear" in type(module).__name__
    }
    return sorted(names - {"lm_head"})


def adapted(model: Any) -> dict[str, Any]:
    """How many parameters PEFT trains on all linear modules, or the message with which it refuses."""
    peft: Any = importlib.import_module("peft")
    settings = peft.LoraConfig(r=_RANK, target_modules=linear_names(model), task_type="CAUSAL_LM")
    try:
        with torch.device("meta"):
            made = peft.get_peft_model(model, settings)
    except (TypeError, ValueError, AttributeError) as refusal:
        return {"refused": str(refusal)[:300]}
    return {"trainable": sum(each.numel() for each in made.parameters() if each.requires_grad)}


def conversion(model_type: str) -> str:
    """How PEFT turns the old names of experts into the stacked tensors, where it does."""
    module: Any = importlib.import_module("peft.utils.transformers_weight_conversion")
    kind: str = module._MODEL_TO_CONVERSION_PATTERN.get(model_type, "")  # noqa: SLF001
    return kind if kind in {"mixtral", "qwen2_moe"} and model_type != "qwen2_moe" else ""


def _give_head_width(config: Any, row: dict[str, Any], chance: random.Random, strength: float) -> None:
    """Give `head_dim` to classes that look for it without having it."""
    parts = {"": config, **{f"{key}.": value for key, value in vars(config).items() if hasattr(value, "model_type")}}
    for prefix, part in parts.items():
        if "head_dim" in vars(part) or not isinstance(getattr(part, "num_attention_heads", None), int):
            continue
        value = chance.choice((64, 96, 128)) if strength and chance.random() < 0.45 else None
        row["keys"][f"{prefix}head_dim"] = (value, None)
        if value:
            vars(part)["head_dim"] = value
            (row["given"].setdefault(prefix[:-1], {}) if prefix else row["given"])["head_dim"] = value


def _modules(model: Any) -> dict[str, Any]:
    modules = dict(model.named_modules())
    tensors = []
    for name, tensor in model.named_parameters():
        owner, _, own = name.rpartition(".")
        tensors.append(
            [name, list(tensor.shape), getattr(tensor, "expressions", None), _kind(modules[owner], own, tensor)]
        )
    nested = {}
    for key, kind in (getattr(type(model.config), "sub_configs", None) or {}).items():
        part = getattr(model.config, key, None)
        places = [name for name, module in modules.items() if type(getattr(module, "config", None)) is type(part)]
        if kind is transformers.AutoConfig and part is not None and (places := [name for name in places if name]):
            nested[key] = [min(places, key=lambda name: name.count(".")), part.model_type]
    lists = {
        name: [len(module), type(module[0]).__name__]
        for name, module in modules.items()
        if isinstance(module, torch.nn.ModuleList) and len(module)
    }
    return {"tensors": tensors, "lists": lists, "nested": nested, "linear": linear_names(model)}


def _kind(module: Any, own: str, tensor: Any) -> str:
    if own in {"weight", "bias"} and (isinstance(module, torch.nn.Linear) or "Linear" in type(module).__name__):
        return "linear"
    if isinstance(module, torch.nn.Embedding):
        return "embedding"
    if isinstance(module, (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)):
        return "convolution"
    return "experts" if tensor.dim() == 3 and not own.endswith("bias") else "other"


def main() -> None:
    """Write the samples of the families that are named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("families", nargs="*")
    options = parser.parse_args()
    follow_tensors()
    every = [*mappings.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES]
    every += [f"{name}+" for name in mappings.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES]
    for family in options.families or every:
        importlib.import_module(model_class(family).__module__)
        follow_builtins()
        chance = random.Random(family)  # noqa: S311
        rows: list[dict[str, Any]] = []
        for attempt in range(4 * options.samples):
            strength = 0.0 if not attempt else chance.choice(_STRENGTHS)
            try:
                rows.append(sample(family, chance, strength, adapter=len(rows) < 2))
            except Exception as fault:  # noqa: BLE001
                # Values that a class refuses are no model of the family.
                print(f"{family}: {str(fault)[:100]}")
            if len(rows) == options.samples:
                break
        (options.folder / f"{family}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        print(f"{family}: {len(rows)} models")


if __name__ == "__main__":
    main()
