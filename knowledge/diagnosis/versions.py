"""What a log tells of the surroundings: package versions, GPU memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version

from knowledge.diagnosis.model import GpuMemory

if TYPE_CHECKING:
    from knowledge.diagnosis.log import Log

_PACKAGES = (
    "axolotl|transformers|torch|accelerate|peft|trl|datasets|bitsandbytes|deepspeed|flash[-_]attn|triton|vllm|xformers|"
    "liger[-_]kernel|tokenizers|huggingface[-_]hub|torchao|pydantic|cuda|python|pytorch"
)
_VERSION = r"(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:(?:\.post|\.dev|rc|a|b)\d{1,8})?)"
_PINNED = re.compile(
    rf"(?<![\w/])({_PACKAGES})"
    rf"(?:\s?(?:==|@)\s?|[ \t]{{1,30}}v?|\s?(?:version)?\s?[:=]\s?\"?'?v?|-)"
    rf"(?:version )?{_VERSION}(?![\d.]{{0,1}}\d)",
    re.IGNORECASE,
)
_CUDA_TAG = re.compile(r"\+cu(\d\d)(\d)\b")
_NAMES = {
    "pytorch": "torch",
    "flash_attn": "flash-attn",
    "liger_kernel": "liger-kernel",
    "huggingface_hub": "huggingface-hub",
}
_HINTS = tuple({*re.split(r"\W+", _PACKAGES), "flash", "liger", "hugging"})
_SIZE = r"([\d.]{1,12})(kib|mib|gib|kb|mb|gb|bytes)"
_MEMORY = {
    "tried": re.compile(rf"triedtoallocate{_SIZE}"),
    "total": re.compile(rf"totalcapacityof{_SIZE}|{_SIZE}totalcapacity"),
    "free": re.compile(rf"ofwhich{_SIZE}isfree|{_SIZE}free"),
    "allocated": re.compile(rf"{_SIZE}isallocatedbypytorch|{_SIZE}alreadyallocated"),
    "reserved": re.compile(rf"{_SIZE}isreservedbypytorchbutunallocated|{_SIZE}reservedintotal"),
}
_UNITS = {"kib": 2**-20, "kb": 2**-20, "mib": 2**-10, "mb": 2**-10, "gib": 1.0, "gb": 1.0, "bytes": 2.0**-30}


def versions_of(log: Log) -> dict[str, str]:
    """Versions that the text shows, by package; of several for one package the last."""
    found: dict[str, str] = {}
    lines = log.lines if len(log.lines) <= 1_200 else log.lines[:600] + log.lines[-600:]
    for text in dict.fromkeys(line.text for line in lines):
        if len(text) > 2_000 or not any(hint in text.lower() for hint in _HINTS):
            continue
        for match in _PINNED.finditer(text):
            name = match[1].lower()
            found[_NAMES.get(name, name)] = match[2]
        cuda = _CUDA_TAG.search(text)
        if cuda:
            found.setdefault("cuda", f"{cuda[1]}.{cuda[2]}")
    return found


def older(version: str, other: str) -> bool:
    """Whether one version comes before another; a pre-release counts as its release."""
    return Version(Version(version).base_version) < Version(Version(other).base_version)


def gpu_memory(text: str) -> GpuMemory | None:
    """The numbers of the last out-of-memory message, or None.

    Args:
        text: The log without blanks and capitals, so that a terminal may have wrapped the message anywhere.
    """
    place = text.rfind("outofmemory.triedtoallocate")
    place = place if place >= 0 else text.rfind("outofmemory")
    if place < 0:
        return None
    passage = text[place : place + 1_500]
    numbers = {name: _size(pattern, passage) for name, pattern in _MEMORY.items()}
    if all(value is None for value in numbers.values()):
        return None
    return GpuMemory(**numbers, explanation=_explained(numbers))


def _size(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    if not match:
        return None
    number, unit = (group for group in match.groups() if group is not None)
    try:
        return round(float(number.rstrip(".")) * _UNITS[unit], 3)
    except ValueError:
        return None


def _explained(numbers: dict[str, float | None]) -> str:
    """What the numbers say together, in sentences."""
    tried, total, free = numbers["tried"], numbers["total"], numbers["free"]
    allocated, reserved = numbers["allocated"], numbers["reserved"]
    said: list[str] = []
    if tried is not None and free is not None:
        said.append(f"This step asked for {tried:.2f} GiB more, and {free:.2f} GiB was free.")
    if allocated is not None and total:
        said.append(f"Tensors use {allocated:.2f} of {total:.2f} GiB ({allocated / total:.0%}).")
        other = total - allocated - (reserved or 0) - (free or 0)
        if other > max(2.0, 0.1 * total) and reserved is not None and reserved < allocated:
            said.append(f"About {other:.1f} GiB belong to the CUDA context or to other processes: check nvidia-smi.")
    if reserved is not None and allocated is not None and tried is not None and tried < reserved < allocated:
        said.append(
            f"{reserved:.2f} GiB are reserved but unused, more than was asked for: fragmentation. "
            "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True helps with that."
        )
    return " ".join(said)
