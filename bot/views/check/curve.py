"""A picture of the learning rate over the run, with warm-up, saves and evaluations marked.

Drawing takes about a third of a second and the first import of matplotlib as long again: call it off the event loop.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bot.views.kit.wording import number, plural
from knowledge.config import read
from knowledge.plan import Sketch, remember_plan, sketch_of
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.plan import TrainingPlan

NAME: Final = "curve.png"
"""File name under which a message carries the picture."""

_PAPER: Final = "#1e1f22"
_INK: Final = "#f2f3f5"
_GRID: Final = "#4e5058"
_LINE: Final = "#5cc8ff"
_WARM: Final = "#f0b232"
_SAVE: Final = "#57f287"
_EVALUATION: Final = "#ff9ee6"
_MARKS: Final = 40


class CurvePicture(NamedTuple):
    """A PNG, and the words for those who do not see it (at most 1,024 characters)."""

    png: bytes
    alt: str


def curve_picture(text: str, *, gpus: int = 1, plan: TrainingPlan | None = None) -> CurvePicture | None:
    """The curve of a config.

    Args:
        text: the YAML.
        gpus: GPUs of the run.
        plan: the plan of the run with its data, where there is one: the curve has its steps.

    Returns:
        The picture, or None where the schedule cannot be built or there is no learning rate.
    """
    config = read(text, gpus)
    if plan is not None:
        remember_plan(config, plan)
    sketch = sketch_of(config)
    return None if sketch is None else CurvePicture(draw(sketch), describe(sketch))


def describe(sketch: Sketch) -> str:
    """The curve in words: its range, its shape's name, warm-up, saves and evaluations."""
    steps = sketch.steps
    peak, last = max(rate for _, rate in sketch.rates), sketch.rates[-1][1]
    over = f"{plural(steps, 'step')}{_condition(sketch)}" if sketch.known else "a run of unknown length"
    words = [f"Learning rate over {over}, schedule {sketch.name}: highest {peak:.2g}, at the last step {last:.2g}."]
    if sketch.warmup:
        warm = plural(sketch.warmup, "step") if sketch.known else f"about {sketch.warmup / steps:.0%} of the run"
        words.append(f"Warm-up over {warm}.")
    for points, what in ((sketch.saves, "Saved"), (sketch.evaluations, "Evaluated")):
        if points:
            words.append(f"{what} {_when(points, sketch)}.")
    return " ".join(words)


def _condition(sketch: Sketch) -> str:
    """What the number of steps hangs on."""
    words = sketch.condition
    return f", {words[:1].lower()}{words[1:]}" if words else ""


def _when(points: Sequence[int], sketch: Sketch) -> str:
    if not sketch.known:
        return plural(len(points), "time")
    shown = [number(point) for point in points]
    if len(shown) > 6:
        shown = [*shown[:3], "…", shown[-1]]
        return f"{plural(len(points), 'time')}, after steps {', '.join(shown)}"
    return f"after step{'s' * (len(shown) != 1)} {listed(shown)}"


def draw(sketch: Sketch) -> bytes:
    """The curve as a PNG of 1,000 by 600 pixels: light on dark, in type that a phone can show.

    Marks differ in shape, not only in color.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3), dpi=200, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(
        left=0.12, right=0.97, bottom=0.29, top=0.9
    )  # a layout engine would take longer than the rest
    axes = figure.add_subplot(facecolor=_PAPER)
    total = sketch.steps
    scale = 1.0 if sketch.known else 100 / total
    peak = max(rate for _, rate in sketch.rates) or 1.0
    if sketch.warmup:
        axes.axvspan(0, sketch.warmup * scale, color=_WARM, alpha=0.25, hatch="//", linewidth=0, label="warm-up")
    axes.plot(
        [step * scale for step, _ in sketch.rates],
        [rate for _, rate in sketch.rates],
        color=_LINE,
        linewidth=2,
        marker="o" if total == 1 else None,
    )
    _mark(axes, sketch.saves, scale, -0.06 * peak, {"marker": "^", "color": _SAVE, "label": "save"})
    _mark(axes, sketch.evaluations, scale, -0.15 * peak, {"marker": "|", "color": _EVALUATION, "label": "evaluation"})
    _dress(axes, sketch, peak, total * scale)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def _mark(axes: Any, points: Sequence[int], scale: float, height: float, style: dict[str, Any]) -> None:
    """Marks below the curve; beyond what can be told apart, every n-th and the last."""
    if points:
        stride = -(-len(points) // _MARKS)
        kept = [*points[:-1][::stride], points[-1]]
        axes.scatter(
            [point * scale for point in kept],
            [height] * len(kept),
            s=40,
            linewidths=1.6,
            zorder=3,
            clip_on=False,
            **style,
        )


def _dress(axes: Any, sketch: Sketch, peak: float, right: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, right * 1.01)
    axes.set_ylim(-0.22 * peak, 1.08 * peak)
    axes.set_title(f"Learning rate · {sketch.name}", color=_INK, fontsize=11, loc="left")
    axes.set_xlabel(f"optimizer step{_condition(sketch)}" if sketch.known else "% of the run", color=_INK, fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_yticks([0, peak / 2, peak], [_rate(value) for value in (0, peak / 2, peak)])
    axes.tick_params(colors=_INK, labelsize=10, length=0)
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.figure.legend(
            handles,
            labels,
            loc="lower center",
            ncols=len(labels),
            frameon=False,
            labelcolor=_INK,
            fontsize=9,
            handletextpad=0.3,
            columnspacing=1.0,
        )


def _rate(value: float) -> str:
    """A learning rate as it is written in a config: 2e-4."""
    if not value:
        return "0"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"
