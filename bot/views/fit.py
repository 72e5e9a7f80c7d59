"""Which cards hold a model: a table, and a picture of cards against lengths."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from discord import ui

from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, picture, small
from bot.views.kit.wording import plural

if TYPE_CHECKING:
    from knowledge.memory import FitTable

NAME: Final = "fit.png"
NO_MODEL = (
    "I do not know that model, and its name does not say what it is or how large it is. Write its name as on the "
    "Hub, such as `meta-llama/Llama-3.1-8B`."
)
_PAPER, _INK, _FITS, _NOT = "#1e1f22", "#f2f3f5", "#3ba55d", "#4e5058"
_METHODS: Final = {"qlora": "QLoRA", "lora": "LoRA", "full": "full training"}


def fit_layout(found: FitTable, png: bytes) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The answer to /fit, and the file to send with it."""
    gallery, file = picture(png, fit_alt(found), NAME)
    on = f" on {plural(found.gpus, 'GPU')} under FSDP2" if found.gpus > 1 else ""
    head = f"### {_METHODS[found.method]} of {limits.code(found.model, 80)}{on}"
    words = (
        "One row per GPU, gradient checkpointing, cut cross entropy"
        + (", 8-bit AdamW" if found.method == "full" else ", rank 16 on all linear layers")
        + (", `quantize_moe_experts: true`" if found.experts else "")
        + ". These numbers use the upper end of the estimate."
    )
    if found.known not in ("exact", "derived"):
        words = f"I do not know this model, so this is a guess from its size. {words}"
    items: list[ui.Item[Any]] = [ui.TextDisplay(head), ui.TextDisplay(fit_text(found)), gallery]
    return layout(container(Colour.NEUTRAL, *items), ui.TextDisplay(small(words))), {"file": file}


def fit_text(found: FitTable) -> str:
    """The table as a code block, narrow enough for a phone."""
    head = "tokens" + "".join(f"{length // 1024:>5}k" for length in found.lengths)
    needs = "GiB   " + "".join(f"{min(need, 9999):>6.0f}" for need in found.needs_gib)
    rows = [f"{size:>3} GB" + "".join(f"{'yes' if held else '-':>6}" for held in fits) for size, fits in found.cards]
    return limits.block("\n".join([head, needs, *rows]), limit=limits.PAGE // 2)


def fit_alt(found: FitTable) -> str:
    """The picture in words."""
    lines = []
    for size, fits in found.cards:
        held = [length for length, fit in zip(found.lengths, fits, strict=True) if fit]
        lines.append(f"{size} GB: " + (f"up to {held[-1]:,} tokens" if held else "no length"))
    return f"Cards that can hold {_METHODS[found.method]} of {found.model}. {'; '.join(lines)}."[:1024]


def draw_fit(found: FitTable) -> bytes:
    """Cards against lengths as a PNG: filled where the card holds the length."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.4), dpi=200, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.17, right=0.97, bottom=0.15, top=0.97)
    axes = figure.add_subplot(facecolor=_PAPER)
    for row, (_, fits) in enumerate(found.cards):
        for column, held in enumerate(fits):
            axes.barh(row, 0.94, left=column - 0.47, height=0.86, color=_FITS if held else _NOT)
            axes.text(column, row, "fits" if held else "", ha="center", va="center", color=_INK, fontsize=8)
    axes.set_xticks(range(len(found.lengths)), [f"{length // 1024}k" for length in found.lengths])
    axes.set_yticks(range(len(found.cards)), [f"{size} GB" for size, _ in found.cards])
    axes.set_xlabel("sequence_len", color=_INK)
    axes.tick_params(colors=_INK, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()
