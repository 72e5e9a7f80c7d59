"""Runs in the interpreter that has Axolotl and prints which of its lists a model type is in, as JSON.

    PYTHON -P scripts/facts/support.py > support.json

Source files are read where importing them would load every model of Transformers. Imports nothing of the product.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_SPLITS = re.compile(r"^    _no_split_modules = (\[[^\]]*\])", re.MULTILINE)
_PLAN = re.compile(r"^    base_model_tp_plan = \{", re.MULTILINE)
_LISTED = re.compile(r"^- ([\w.-]+)\s*$", re.MULTILINE)


def main() -> dict[str, dict[str, Any]]:
    """Model type -> what is known of it."""
    os.environ.update(HF_HUB_OFFLINE="1", AXOLOTL_DO_NOT_TRACK="1", DO_NOT_TRACK="1")
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    causal = dict(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    images = dict(auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES)
    multimodal = set(importlib.import_module("axolotl.loaders.constants").MULTIMODAL_AUTO_MODEL_MAPPING)
    packing = set(importlib.import_module("axolotl.monkeypatch.multipack").SUPPORTED_MULTIPACK_MODEL_TYPES)
    experts = importlib.import_module("axolotl.common.architectures").MOE_ARCH_BLOCK
    own = _own()
    listed = {"liger": _liger(), "cut_cross_entropy": _cut_cross_entropy()}
    found: dict[str, dict[str, Any]] = {}
    for name in sorted({*causal, *images, *multimodal, *packing, *own}):
        facts = own.get(name, {})
        layers, plan = _source_of(name)
        found[name] = {
            "class": causal.get(name) or images.get(name),
            "text": name in causal,
            "vision": name in multimodal or bool(facts.get("vision")),
            "own": name in own,
            "packing": name in packing,
            "liger": name in listed["liger"],
            "cut_cross_entropy": name in listed["cut_cross_entropy"],
            "lora_kernels": _patches_attention(name),
            "experts": experts.get(name),
            "layers": layers,
            "tensor_parallel": plan,
            "says": facts.get("says", {}),
        }
    return found


def _own() -> dict[str, dict[str, Any]]:
    """What Axolotl's own descriptors say: feature -> [state, note]."""
    support = importlib.import_module("axolotl.model_support")
    registry = importlib.import_module("axolotl.model_support.registry")
    support.get_model_support("loads them all")
    found = {}
    for name, descriptor in registry._REGISTRY.items():  # noqa: SLF001 - nothing public lists them
        resolved = support.resolve_model_support(descriptor)
        says = {
            feature: [type(state).__name__.lower(), getattr(state, "reason", "") or getattr(state, "note", "")]
            for feature, state in resolved.capabilities.items()
        }
        found[name] = {"vision": resolved.is_multimodal, "says": says}
    return found


def _liger() -> set[str]:
    """Model types of Liger's table, and those that Axolotl's plugin patches by itself."""
    table: set[str] = set()
    liger = find_spec("liger_kernel")
    # Importing it needs triton, which not every machine has.
    patches = Path(str(liger.origin if liger else "")).parent / "transformers" / "monkey_patch.py"
    for statement in ast.parse(patches.read_text("utf-8")).body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Dict)
            and ast.unparse(statement.targets[0]) == "MODEL_TYPE_TO_APPLY_LIGER_FN"
        ):
            table |= {str(key.value) for key in statement.value.keys if isinstance(key, ast.Constant)}
    plugin = Path(str(importlib.import_module("axolotl").__file__)).parent / "integrations" / "liger" / "plugin.py"
    for node in ast.walk(ast.parse(plugin.read_text("utf-8"))):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == "cfg.model_config_type":
            for each in ast.walk(node.comparators[0]):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    table.add(each.value)
    return table


def _cut_cross_entropy() -> set[str]:
    """The list in the plugin's own documentation: the library that holds it is installed apart from Axolotl."""
    package = Path(str(importlib.import_module("axolotl").__file__)).parent
    text = (package / "integrations" / "cut_cross_entropy" / "README.md").read_text("utf-8")
    return set(_LISTED.findall(text.partition("## Supported Models")[2].partition("\n## ")[0]))


def _source_of(name: str) -> tuple[list[str], bool]:
    """(layer classes that FSDP wraps, whether a tensor-parallel plan exists)."""
    mapped = importlib.import_module("transformers.models.auto.configuration_auto").SPECIAL_MODEL_TYPE_TO_MODULE_NAME
    module = mapped.get(name, name.replace("-", "_"))
    spec = find_spec("transformers.models")
    folder = Path(next(iter(spec.submodule_search_locations or ()))) / module if spec else Path()
    modeling, configuration = folder / f"modeling_{module}.py", folder / f"configuration_{module}.py"
    text = modeling.read_text("utf-8") if modeling.is_file() else ""
    layers = sorted({each for found in _SPLITS.findall(text) for each in ast.literal_eval(found)})
    plan = bool(configuration.is_file() and _PLAN.search(configuration.read_text("utf-8")))
    return layers, plan


def _patches_attention(name: str) -> bool:
    """Whether Axolotl's LoRA kernels can rewrite the attention of a type: it is done, with a config of that type."""
    kernels: Any = importlib.import_module("axolotl.monkeypatch.lora_kernels")
    configs = SimpleNamespace(from_pretrained=lambda *_, **__: SimpleNamespace(model_type=name))
    wanted = importlib.import_module("axolotl.utils.dict").DictDefault(base_model="named", model_config_type=name)
    before, kernels.AutoConfig = kernels.AutoConfig, configs
    try:
        kernels.patch_self_attn_lora(wanted)
    except (AttributeError, ImportError, OSError, ValueError):
        return False
    finally:
        kernels.AutoConfig = before
    return True


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        told = main()
    json.dump(told, sys.stdout)
