"""Exporting a trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

GGUF = frozenset(
    {
        *("F32", "F16", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_0", "Q4_1"),
        *("Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K", "Q2_K_S", "IQ4_XS", "IQ4_NL", "IQ3_M", "IQ3_S", "IQ3_XS"),
        *("IQ3_XXS", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S", "TQ1_0", "TQ2_0", "MXFP4_MOE"),
    }
)
"""The types that Axolotl lets through to llama.cpp."""


@rule(
    Severity.ERROR,
    fields=("export", "export.quantize"),
    says="Unknown GGUF quant type",
    bad="export:\n  quantize: [Q4_M]\n",
    good="export:\n  quantize: [Q4_K_M]\n",
)
def export_type_unknown(config: Config) -> Iterator[Problem]:
    """`export.quantize` names a type that llama.cpp does not have.

    Case does not matter, and one text with commas counts as a list.
    """
    unknown = [name for name in block(config, "export").get("quantize") or () if name not in GGUF]
    if unknown:
        shown = ", ".join(unknown[:3])[:30]
        yield problem(f"Unknown GGUF type {shown}: use one such as Q4_K_M or Q8_0.", "export.quantize")


@rule(
    Severity.ERROR,
    fields=("export", "export.quantize", "export.outtype", "export.outfile"),
    says=("llama.cpp cannot requantize from", "`export.outfile` needs a `{ftype}` placeholder"),
    bad="export:\n  quantize: [Q4_K_M]\n  outtype: q8_0\n",
    good="export:\n  quantize: [Q4_K_M]\n  outtype: f16\n",
)
def export_quantized(config: Config) -> Iterator[Problem]:
    """`export.quantize` from a type that is quantized itself, or several files under one name.

    Quantize from f16, bf16, or f32. Each type is a separate file, so the name needs `{ftype}`.
    """
    export = block(config, "export")
    if export.get("quantize") and all(name in GGUF for name in export["quantize"]):
        if export.get("outtype") in ("q8_0", "tq1_0", "tq2_0"):
            yield problem("This type is already quantized: use f16, bf16, or f32.", "export.outtype", "export.quantize")
        if export.get("outfile") and "{ftype}" not in export["outfile"]:
            yield problem(
                "The name needs `{ftype}` in it, as in `model-{ftype}.gguf`.", "export.outfile", "export.quantize"
            )
