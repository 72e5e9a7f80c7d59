"""Which packages do not fit where one calls what another does not have, and what Axolotl asks of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.diagnosis.masking import shown
from knowledge.facts import read_json
from knowledge.text import listed

if TYPE_CHECKING:
    from knowledge.diagnosis.tracebacks import Trace

# Classes and functions by the package that they belong to; the first that fits counts.
_OWNERS = (
    ("axolotl", re.compile(r"^Axolotl")),
    ("trl", re.compile(r"^(?:DPO|KTO|ORPO|CPO|GRPO|RLOO|PPO|SFT|Reward|PRM)\w*(?:Trainer|Config)$|WithValueHead$")),
    (
        "accelerate",
        re.compile(r"^(?:Accelerat|PartialState|DataLoaderConf|FullyShardedDataParallelPlugin|ParallelismC)"),
    ),
    ("peft", re.compile(r"^(?:Lora|Peft|AdaLora|ModulesToSave|BaseTuner)")),
    ("bitsandbytes", re.compile(r"^(?:Linear[48]bit|Params4bit|Int8Params|AdamW?8bit)")),
    ("deepspeed", re.compile(r"^DeepSpeed")),
    ("huggingface-hub", re.compile(r"^(?:HfApi|HfFolder|Repository)")),
    ("datasets", re.compile(r"^(?:Iterable)?Dataset(?:Dict)?$|^Features$")),
    ("liger-kernel", re.compile(r"^(?:Liger|lce_forward)")),
    (
        "transformers",
        re.compile(
            r"(?:ForCausalLM|ForConditionalGeneration|Attention|Config|Tokenizer(?:Fast)?|Processor|Cache|Trainer|"
            r"TrainingArguments|DecoderLayer|RMSNorm|PreTrainedModel)$"
        ),
    ),
)
_CALLED = re.compile(
    r"(?<![\w.])(?P<callee>\w{2,60})(?:\.\w{1,60})?\(\) (?:got|takes|missing)|"
    r"(?:type )?object '(?P<type>\w{2,60})' has no|'(?P<object>\w{2,60})' object has no attribute|"
    r"name '(?P<name>\w{2,60})' is not defined|module '(?P<module>\w{2,40})[\w.]{0,80}' has no|"
    r"cannot import name '?\w{1,80}'? from (?:partially initialized module )?'?(?P<package>\w{2,40})"
)
_SPECIAL = {"flash_attn": "flash-attn", "flash_attn_2_cuda": "flash-attn"}
_BESIDE = frozenset({"axolotl", "deepspeed", "flash-attn", "vllm", "unsloth", "wandb", "mlflow"})
# torch stands in nearly every traceback, and its module class answers for all attributes.
_COMMON = frozenset({"torch"})


def between(main: Trace | None, versions: dict[str, str]) -> str:
    """The packages that an exception is between, with what Axolotl asks of them.

    Args:
        main: The exception that counts.
        versions: Package to version, as the text shows them.

    Returns:
        A sentence or two; empty where neither frames nor message name a package.
    """
    if main is None:
        return ""
    folders = [frame.path.split("/")[:-1] for frame in main.frames]
    called = _CALLED.search(main.message[:600]) if main.message else None
    called = called or _CALLED.search(main.type)
    owner = _owner(called) if called else ""
    names = (_package(part) for parts in reversed(folders) for part in parts)
    caller = next((name for name in names if name and name not in _COMMON), "")
    named = [name for name in dict.fromkeys((caller, owner)) if name]
    if not named:
        return ""
    if caller and owner and caller != owner and called:
        what = shown(next(group for group in called.groups() if group), 60).replace("`", "")
        return f"The code of `{caller}` uses `{what}` of `{owner}`. {_asked(named, versions)}"
    return f"It is in the code of `{named[0]}`. {_asked(named, versions)}"


def _owner(called: re.Match[str]) -> str:
    """The package of what is called."""
    module = called["module"] or called["package"]
    if module:
        return _package(module)
    name = called["callee"] or called["type"] or called["object"] or called["name"] or ""
    return next((package for package, pattern in _OWNERS if pattern.search(name)), "")


def _package(module: str) -> str:
    """The name under which a module's package is installed; empty for what Axolotl does not use."""
    name = _SPECIAL.get(module, module.replace("_", "-"))
    return name if name in _BESIDE or name in read_json("pins.json")["packages"] else ""


def _asked(named: list[str], versions: dict[str, str]) -> str:
    """What Axolotl asks of the packages, and what the text shows of them."""
    facts = read_json("pins.json")
    pins = {name: facts["packages"][name].removeprefix("==") for name in named if name in facts["packages"]}
    if not pins:
        return ""
    wanted = listed([f"{name} {pin}" for name, pin in pins.items()])
    here = listed([f"{name} {versions[name]}" for name in pins if name in versions])
    ask = "`pip list` shows which of them differs" if len(pins) > 1 else "`pip list` shows what you have"
    shows = f"your text shows {here}" if here else ask
    return f"Axolotl {facts['axolotl']} asks for {wanted}; {shows}."
