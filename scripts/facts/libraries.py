"""Runs in the interpreter that has Axolotl and prints names of the libraries below it, as JSON.

    PYTHON -P scripts/facts/libraries.py > libraries.json

`arguments` leads from a library to its argument names: what people who come from its scripts write into a config.
`classes` are the names that Transformers loads models by. Imports nothing of the product.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import sys
from contextlib import redirect_stdout
from typing import Any

_CLASSES = {
    "Transformers": ("transformers:TrainingArguments", "transformers:Seq2SeqTrainingArguments"),
    "TRL": (
        *("trl:SFTConfig", "trl:DPOConfig", "trl:GRPOConfig", "trl:KTOConfig", "trl:RewardConfig", "trl:RLOOConfig"),
        *("trl:ModelConfig", "trl:ScriptArguments", "trl:DatasetMixtureConfig"),
        *("trl.experimental.orpo:ORPOConfig", "trl.experimental.cpo:CPOConfig", "trl.experimental.gkd:GKDConfig"),
        "trl.experimental.online_dpo:OnlineDPOConfig",
    ),
    "PEFT": ("peft:LoraConfig",),
    "bitsandbytes": ("transformers:BitsAndBytesConfig",),
    "Accelerate": (
        *("accelerate:Accelerator", "accelerate:FullyShardedDataParallelPlugin", "accelerate:DeepSpeedPlugin"),
        "accelerate.commands.config.config_args:ClusterConfig",
    ),
}
_NO_MODELS = (
    *("Config", "Tokenizer", "TokenizerFast", "Processor", "ProcessorFast", "ProcessorPil", "Extractor", "Output"),
    *("Callback", "Pipeline", "Criteria", "Mixin", "Warper", "Streamer", "Trainer", "Arguments", "Collator", "Cache"),
)
"""How the names of Transformers end that are no models."""
_NO_ARGUMENTS = frozenset({"self", "args", "kwargs", "help"})


def arguments() -> dict[str, list[str]]:
    """Library -> its argument names, sorted; what a library below names too is not repeated for TRL."""
    found = {library: sorted(set().union(*map(_names, classes))) for library, classes in _CLASSES.items()}
    found["TRL"] = [name for name in found["TRL"] if name not in found["Transformers"]]
    launch = importlib.import_module("accelerate.commands.launch").launch_command_parser()
    found["Accelerate"] = sorted({*found["Accelerate"], *(each.dest for each in launch._actions)} - _NO_ARGUMENTS)  # noqa: SLF001 - argparse has no other way
    return found


def _names(place: str) -> set[str]:
    """The arguments of a class."""
    module, _, name = place.partition(":")
    kind: Any = getattr(importlib.import_module(module), name)
    names = {each.name for each in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    names |= set(inspect.signature(kind.__init__).parameters)
    return {each for each in names if not each.startswith("_")} - _NO_ARGUMENTS


def classes() -> list[str]:
    """What Transformers has at its top level that may be a model."""
    names = dir(importlib.import_module("transformers"))
    return sorted(name for name in names if name[0].isupper() and not name.endswith(_NO_MODELS) and not name.isupper())


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        told = {"arguments": arguments(), "classes": classes()}
    json.dump(told, sys.stdout)
