"""How far a run came: its metric lines and progress bars, read from a console log in any of the forms it takes.

`readings` is the one reader of metric lines; whoever judges a run by its numbers starts from it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from knowledge.value import value

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]{0,16}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)?|[@-Z\\^_])")
# What follows a bar's name: percent, the bar, done/total and its times.
BAR = re.compile(
    r"(?P<percent>\d{1,3})%\s?\|[^|\n]{0,300}\|\s{0,4}"
    r"(?P<done>[\d.,]{1,15}[kMGTB]{0,2})/(?P<total>[\d.,]{1,15}[kMGTB]{0,2}|\?)\s{0,4}"
    r"(?:\[(?P<spent>[\d:]{1,12})(?:<(?P<left>[\d:?]{1,12}))?[^\]\n]{0,60}\]?)?"
)
_METRICS = re.compile(
    r"\{['\"](?:loss|eval_|train_|rewards|grad_norm|learning_rate|epoch|ppl|memory/|kl)[^{}\n]{0,4000}\}"
)
_PAIR = re.compile(
    r"['\"]([\w/ ().@-]{1,80})['\"]:\s{0,3}['\"]?"
    r"(-?(?:\d{1,20}(?:\.\d{0,20})?(?:e[+-]?\d{1,3})?|nan|inf(?:inity)?))['\"]?(?=[,}])",
    re.IGNORECASE,
)
_NAME = 90
_FINISHED = re.compile(r"Training completed|Model successfully saved", re.IGNORECASE)
_SAVED = re.compile(r"(?:Model successfully saved to|Saving trained model to)\s+(\S{1,200})")
_CHECKPOINT = re.compile(r"(?:Saving model checkpoint to|Saving checkpoint to)\s+(\S{1,200})")
# What other commands than `axolotl train` end with.
_ENDS = (
    (re.compile(r"Success! Preprocessed data path: `?(?:dataset_prepared_path: )?([^\s`]{1,200})"), "dataset"),
    (re.compile(r"Successfully merged FSDP weights and saved to (\S{1,200})"), "merged weights"),
    (re.compile(r"Quantized model saved to: (\S{1,200})"), "quantized model"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric line.

    Attributes:
        line: Line of the text, from 1.
        values: Metric to number; nan and inf stay what they are.
    """

    line: int
    values: dict[str, float]

    @property
    def kind(self) -> str:
        """What was logged: "summary" at the end of training, "evaluation", else "training"."""
        if "train_runtime" in self.values:
            return "summary"
        return "evaluation" if any(name.startswith("eval_") for name in self.values) else "training"


@dataclass(frozen=True, slots=True)
class Bar:
    """One state of a progress bar.

    Attributes:
        line: Line of the text, from 1.
        name: What stands before it ("Tokenizing Prompts (num_proc=8)"); "" for the trainer's own.
        done: Steps, rows, shards so far.
        total: How many there are; None where the bar does not know.
        seconds: Time spent; None where it is not shown.
    """

    line: int
    name: str
    done: int
    total: int | None
    seconds: int | None


@value
class Progress:
    """How far a run came, as its log shows.

    Attributes:
        step: Optimizer step of the trainer's bar, and `total_steps`, how many there were to be.
        epoch: Of the last metric line.
        first_loss: First and `last_loss` last training loss that was logged.
        eval_loss: Last evaluation loss.
        bar: Name of the last progress bar, where it is another one than the trainer's.
        bar_full: Whether that bar came to its end.
        bar_seconds: How long that bar had run.
        checkpoint: Folder of the last checkpoint.
        saved_to: Folder of the trained model, where the log says that it was saved.
        finished: Whether training came to its end.
        made: What another command than `axolotl train` made: "dataset", "merged weights", "quantized model".
        made_in: Where it was saved.
    """

    step: int | None = None
    total_steps: int | None = None
    epoch: float | None = None
    first_loss: float | None = None
    last_loss: float | None = None
    eval_loss: float | None = None
    bar: str = ""
    bar_seconds: int | None = None
    checkpoint: str | None = None
    saved_to: str | None = None
    finished: bool = False
    bar_full: bool = False
    made: str = ""
    made_in: str = ""

    @property
    def known(self) -> bool:
        """Whether the log shows anything of it."""
        return self != Progress()


@dataclass(slots=True)
class Tracker:
    """Gathers readings and bars line by line; `line` is the last line that shows the run going on."""

    readings: list[Reading] = field(default_factory=list)
    bars: dict[str, Bar] = field(default_factory=dict)
    last_bar: Bar | None = None
    checkpoint: str | None = None
    saved_to: str | None = None
    finished: bool = False
    made: tuple[str, str] = ("", "")
    line: int = 0

    def take(self, text: str, number: int) -> str:
        """What is left of a line when its bars and metrics are taken out of it."""
        if "%|" in text or "% |" in text:
            text = self._without_bars(text, number)
        if "{'" in text or '{"' in text:
            text = self._without_metrics(text, number)
        if "sav" in text or "Sav" in text or "completed" in text or "Success" in text:
            self._note_saves(text, number)
        return text

    def progress(self) -> Progress:
        """All of it together."""
        losses = [each.values["loss"] for each in self.readings if "loss" in each.values]
        evaluations = [each.values["eval_loss"] for each in self.readings if "eval_loss" in each.values]
        epochs = [each.values["epoch"] for each in self.readings if "epoch" in each.values]
        trainer, last = self.bars.get(""), self.last_bar
        return Progress(
            step=trainer.done if trainer else None,
            total_steps=trainer.total if trainer else None,
            epoch=_finite(epochs[-1]) if epochs else None,
            first_loss=_finite(losses[0]) if losses else None,
            last_loss=_finite(losses[-1]) if losses else None,
            eval_loss=_finite(evaluations[-1]) if evaluations else None,
            bar=last.name if last else "",
            bar_seconds=last.seconds if last and last.name else None,
            checkpoint=self.checkpoint,
            saved_to=self.saved_to,
            finished=self.finished,
            bar_full=bool(last and last.name and last.done == last.total),
            made=self.made[0],
            made_in=self.made[1],
        )

    def _without_bars(self, text: str, number: int) -> str:
        left: list[str] = []
        end = 0
        for found in BAR.finditer(text):
            name, before = _named(text[end : found.start()])
            left.append(before)
            end = found.end()
            self._note_bar(found, name, number)
        left.append(text[end:])
        return " ".join(left)

    def _note_bar(self, found: re.Match[str], name: str, number: int) -> None:
        done, total = _count(found["done"]), _count(found["total"])
        if done is None:
            return
        self.last_bar = bar = Bar(number, name, done, total, _seconds(found["spent"]))
        previous = self.bars.get(name)
        # A bar is printed once more when a process ends: only a second state of the trainer's shows that it goes on.
        if done > (previous.done if previous is not None else 0) and (name or previous is not None):
            self.line = number
        # A bar without a name and with fewer steps than the trainer's is the evaluation's.
        if name or previous is None or (previous.total or 0) <= (total or 0):
            self.bars[name] = bar

    def _without_metrics(self, text: str, number: int) -> str:
        def take(found: re.Match[str]) -> str:
            values = {name: float(value) for name, value in _PAIR.findall(found[0])}
            if not values:
                return found[0]
            reading = Reading(number, values)
            self.readings.append(reading)
            self.finished = self.finished or reading.kind == "summary"
            self.line = number
            return " "

        return _METRICS.sub(take, text)

    def _note_saves(self, text: str, number: int) -> None:
        saved, checkpoint, finished = _SAVED.search(text), _CHECKPOINT.search(text), _FINISHED.search(text)
        if saved:
            self.saved_to = saved[1].rstrip(".,")
        if checkpoint:
            self.checkpoint = checkpoint[1].rstrip(".,")
        if finished:
            self.finished = True
        made = next(((found[1].rstrip(".,"), what) for words, what in _ENDS if (found := words.search(text))), None)
        if made:
            self.made = (made[1], made[0])
        if saved or checkpoint or finished or made:
            self.line = number


def readings(text: str) -> list[Reading]:
    """The metric lines of a console log.

    Args:
        text: The log as it was written: with bars, carriage returns, colors, names of ranks in front.

    Returns:
        Each line with metrics in the order of the text; the same line from several ranks stands there several times.
    """
    tracker = Tracker()
    for number, line in enumerate(plain(text).split("\n"), 1):
        for part in line.split("\r"):
            tracker.take(part, number)
    return tracker.readings


def plain(text: str) -> str:
    """A log without the codes that color it and move the cursor."""
    text = text.replace("\r\n", "\n")
    return _ESCAPE.sub("", text) if "\x1b" in text else text


def _named(before: str) -> tuple[str, str]:
    """(the name that stands before a bar, what stands before that name)."""
    near = before[-_NAME:].rstrip()
    if not near.endswith(":"):
        return "", before
    name = near[:-1].rpartition("]")[2].rpartition("\t")[2]
    return " ".join(name.split()), before.rstrip()[: -len(name) - 1]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _count(text: str) -> int | None:
    """The number of a bar, "1.25k" as 1250; None where it is not known."""
    digits = text.rstrip("kMGTB")
    unit = {"k": 1_000, "M": 1_000_000, "G": 10**9, "T": 10**12}.get(text[len(digits) : len(digits) + 1], 1)
    try:
        return int(float(digits.replace(",", "")) * unit)
    except ValueError:
        return None


def _seconds(text: str | None) -> int | None:
    """A bar's time ("29:58", "1:02:03") in seconds."""
    if not text:
        return None
    total = 0
    for part in text.split(":"):
        if not part.isdigit():
            return None
        total = total * 60 + int(part)
    return total
