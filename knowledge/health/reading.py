"""Reading a run: a console log, trainer_state.json or a CSV of metrics, whichever it is."""

from __future__ import annotations

import csv
import io
import json
import re
from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from knowledge.diagnosis import readings
from knowledge.diagnosis.embedded import config_of
from knowledge.diagnosis.log import read as take_apart
from knowledge.diagnosis.progress import plain
from knowledge.health.record import Evaluation, Point, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from knowledge.diagnosis import Reading

_STARTS: Final = "Starting trainer..."
_COUNTED: Final = re.compile(r"Maximum number of steps set at (\d{1,9})")
_HELD: Final = re.compile(r"optimizer param group \d{1,3}: .{0,120}?numel=(\d{1,15})")
_EVERY: Final = re.compile(
    r'(?:^[ \t]{0,20}|")(?P<key>logging_steps|max_steps)"?:[ \t]{0,20}(?P<number>\d{1,9})\b', re.MULTILINE
)
_TRAINERS_BAR: Final = re.compile(r"%\|[^|\n]{0,200}\| (?P<done>\d{1,9})/(?P<total>\d{1,9}) \[")
_MARGINS: Final = ("rewards/margins", "rewards/margin")
# After a proper resume only the lines since the newest checkpoint, one or two, are logged again.
_REPEATED_AT_LEAST: Final = 3
# What a launcher or a container puts before every line, the config that Axolotl prints included.
_BEFORE_A_LINE: Final = re.compile(
    r"^(?:\[(?:default|rank)?\d{1,4}\]:|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?= )) ?",
    re.MULTILINE,
)
_LOOKED_AT: Final = 20_000
# So many bars must have moved between metric lines before they tell how many steps lie between.
_GAPS: Final = 3
_ALMOST_ALL: Final = 0.9
_MOST: Final = 10**12


def read_run(text: str, config: str | None = None) -> Record | None:
    """The run that a text shows.

    Args:
        text: A console log, trainer_state.json, or a table with the columns `step` and `loss`.
        config: The YAML of the run, if it is at hand: it tells how many steps lie between two lines of a console.

    Returns:
        The run; None where the text holds no metrics. Of a log with several processes the last one is told.
    """
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in "{[":
        state = _state(start)
        if state is not None:
            return state
    if "," in start.partition("\n")[0] and (table := _table(start)) is not None:
        return table
    return _console(_without_prefixes(text), config or "")


def _without_prefixes(text: str) -> str:
    """The text without what stands before all of its lines, such as a container's time stamps."""
    lines = [line for line in text[:_LOOKED_AT].split("\n") if line.strip()]
    marked = sum(_BEFORE_A_LINE.match(line) is not None for line in lines)
    if not marked or marked < _ALMOST_ALL * len(lines):
        return text
    return _BEFORE_A_LINE.sub("", text)


def _state(text: str) -> Record | None:
    """trainer_state.json, or its `log_history` alone."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    history = found.get("log_history") if isinstance(found, dict) else found
    if not isinstance(history, list):
        return None
    rows = [row for row in history if isinstance(row, dict)]
    told = found if isinstance(found, dict) else {}
    record = _record({str(key): number for key, number in row.items()} for row in rows)
    if record is None:
        return None
    return replace(record, planned=_steps(told.get("max_steps")), made=_steps(told.get("global_step")))


def _steps(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < _MOST else None


def _table(text: str) -> Record | None:
    """A CSV whose head names metrics."""
    try:
        rows = list(csv.DictReader(io.StringIO(text)))
    except csv.Error:
        return None
    if not rows or not {"loss", "train/loss", "eval_loss"} & {str(name) for name in rows[0]}:
        return None
    names = {"train/global_step": "step", "global_step": "step"}
    return _record(
        {names.get(str(key), str(key).removeprefix("train/")): word for key, word in row.items()} for row in rows
    )


def _record(rows: Iterable[Mapping[str, Any]]) -> Record | None:
    points: list[Point] = []
    evaluations: list[Evaluation] = []
    preference = False
    for index, row in enumerate(rows, 1):
        numbers = {key: number for key, given in row.items() if (number := _number(given)) is not None}
        step = int(numbers["step"]) if 0 <= numbers.get("step", -1) < _MOST else index
        preference = preference or any(key.startswith("rewards/") for key in numbers)
        if "eval_loss" in numbers:
            evaluations.append(Evaluation(step, numbers.get("epoch"), numbers["eval_loss"]))
        if "loss" in numbers:
            points.append(_point(step, numbers))
    if not points and not evaluations:
        return None
    return Record(points=tuple(points), evaluations=tuple(evaluations), preference=preference)


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        return float(given)
    except (ValueError, OverflowError):
        return None


def _point(step: int, values: Mapping[str, float]) -> Point:
    margin = next((values[name] for name in _MARGINS if name in values), None)
    return Point(
        step, values.get("epoch"), values.get("loss"), values.get("grad_norm"), values.get("learning_rate"), margin
    )


# -- the console ---------------------------------------------------------------------------------------------------


def _console(text: str, config: str) -> Record | None:
    found = [reading for reading in _once(readings(text)) if reading.kind != "summary"]
    trained = [reading for reading in found if "loss" in reading.values]
    if not trained and not any("eval_loss" in reading.values for reading in found):
        return None
    log = take_apart(text)
    lines = plain(text).split("\n")
    starts = [number for number, line in enumerate(lines, 1) if _STARTS in line]
    counted = [int(number) for number in _COUNTED.findall(text)]
    settings = _settings(config) | _settings(log.config or "")
    planned = settings.get("max_steps") or (counted[-1] if counted else log.progress.total_steps)
    told = bool(config.strip() or log.config)
    every = settings.get("logging_steps") or (_usual(planned) if told and planned else _by_bars(trained, lines)) or 1
    pace = _epoch_of_step(trained, starts, every)
    points: list[Point] = []
    evaluations: list[Evaluation] = []
    repeated: tuple[int, int] | None = None
    for process in _processes(found, starts):
        made, evaluated = _numbered(process, pace, every)
        again = [point for point in points if made and point.step >= made[0].step]
        if len(again) >= (2 if made and made[0].step <= every else _REPEATED_AT_LEAST):
            repeated = (again[0].step, again[-1].step)
        # What the process before made beyond the point where this one began is made again.
        points = [*(point for point in points if not made or point.step < made[0].step), *made]
        begin = made[0].step if made else 0
        evaluations = [*(each for each in evaluations if each.step < begin), *evaluated]
    bar = log.progress
    return Record(
        points=tuple(points),
        evaluations=tuple(evaluations),
        planned=planned,
        counted=counted[-1] if counted else None,
        made=bar.step if bar.total_steps == planned else None,
        trainable=_trainable(text),
        preference=any(name.startswith("rewards/") for reading in found for name in reading.values),
        repeated=repeated,
        config=config_of(log) or "",
    )


def _once(found: Sequence[Reading]) -> list[Reading]:
    """Without the copies that several processes print of one line."""
    # As text, because nan is unequal to itself.
    return [each for index, each in enumerate(found) if not index or str(each.values) != str(found[index - 1].values)]


def _settings(config: str) -> dict[str, int]:
    """`logging_steps` and `max_steps` of a config, as Axolotl prints it or as it is written."""
    found = {match["key"]: int(match["number"]) for match in _EVERY.finditer(config)}
    return {key: number for key, number in found.items() if number > 0}


def _usual(planned: int) -> int:
    """The `logging_steps` that Axolotl chooses where the config names none."""
    return max(min(int(0.005 * planned), 10), 1)


def _by_bars(trained: Sequence[Reading], lines: Sequence[str]) -> int | None:
    """Steps from one line to the next, by the trainer's bar that stands before each."""
    bars = [(number, found) for number, line in enumerate(lines, 1) for found in _TRAINERS_BAR.finditer(line)]
    longest = max((int(found["total"]) for _, found in bars), default=0)
    at = [(number, int(found["done"])) for number, found in bars if int(found["total"]) == longest]
    done = []
    for reading in trained:
        before = bisect_right(at, (reading.line, longest)) - 1
        done.append(at[before][1] if before >= 0 else 0)
    gaps = [after - before for before, after in pairwise(done) if after > before]
    return round(median(gaps)) if len(gaps) >= _GAPS else None


def _epoch_of_step(trained: Sequence[Reading], starts: Sequence[int], every: int) -> float | None:
    """What share of an epoch one step is."""
    between = [
        after.values["epoch"] - before.values["epoch"]
        for before, after in pairwise(trained)
        if "epoch" in before.values and "epoch" in after.values and not _begins(starts, before, after)
    ]
    forward = [each for each in between if each > 0]
    if not forward:
        return None
    # The log rounds the epoch to four digits, so a long run is measured as a whole.
    return (median(forward) if len(forward) < 50 else sum(forward) / len(forward)) / every


def _processes(found: Sequence[Reading], starts: Sequence[int]) -> Iterable[list[Reading]]:
    """The metric lines of each process: a new one says that it starts the trainer, or its epoch goes back."""
    current: list[Reading] = []
    for reading in found:
        if current:
            before = current[-1]
            begins = _begins(starts, before, reading)
            if begins or reading.values.get("epoch", 0.0) < before.values.get("epoch", 0.0) - 1e-9:
                yield current
                current = []
        current.append(reading)
    if current:
        yield current


def _begins(starts: Sequence[int], before: Reading, after: Reading) -> bool:
    """Whether a process starts its trainer between two lines; `starts` is in order."""
    return bisect_right(starts, before.line) < bisect_right(starts, after.line)


def _numbered(process: Sequence[Reading], pace: float | None, every: int) -> tuple[list[Point], list[Evaluation]]:
    """The lines of one process with the step of each, which the console does not print."""
    points: list[Point] = []
    evaluations: list[Evaluation] = []
    trained = [reading for reading in process if "loss" in reading.values]
    epoch = trained[0].values.get("epoch") if trained else None
    first = max(round(epoch / pace), 1) if epoch is not None and pace else every
    step = 0 if first <= every else first - every
    for reading in process:
        values = reading.values
        if "eval_loss" in values:
            evaluations.append(Evaluation(step, values.get("epoch"), values["eval_loss"]))
        if "loss" in values:
            step = first if not points else (every if step < every else step + every)
            points.append(_point(step, values))
    return points, evaluations


def _trainable(text: str) -> int | None:
    """Parameters in the optimizer of the last process."""
    held = [int(number) for number in _HELD.findall(text.rpartition(_STARTS)[2])]
    return sum(held) if held else None
