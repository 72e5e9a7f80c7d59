"""What the numbers of a run show: each fault from a run that has it, and none from one that has not."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from knowledge.health import Health, health_of

CONFIG = """\
base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
num_epochs: 1
max_steps: 60
learning_rate: 0.0002
lr_scheduler: cosine
warmup_steps: 6
logging_steps: 1
"""
STEPS = 60
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "health" / "runs.jsonl"


def planned(step: int, peak: float = 2e-4, warmup: int = 6, steps: int = STEPS) -> float:
    """The rate that a cosine schedule with warm-up uses in a step."""
    done = step - 1
    if done < warmup:
        return peak * done / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (steps - warmup)))


def rows(steps: int = STEPS, epochs: float = 1.0, **changed: Any) -> list[dict[str, Any]]:
    """The metrics of a healthy run; `changed` replaces a metric by a function of the step."""
    noise = random.Random(7)
    made = []
    for step in range(1, steps + 1):
        row: dict[str, Any] = {
            "loss": 0.9 + 1.4 * math.exp(-step / 12) + noise.uniform(-0.1, 0.1),
            "grad_norm": 1.2 + noise.uniform(-0.4, 0.4),
            "learning_rate": planned(step),
            "epoch": round(epochs * step / steps, 4),
            "step": step,
        }
        row.update({name: of(step) for name, of in changed.items()})
        made.append(row)
    return made


def evaluated(losses: list[float], steps: int = STEPS) -> list[dict[str, Any]]:
    """Evaluations spread over the run."""
    every = steps // len(losses)
    return [{"eval_loss": loss, "step": every * number} for number, loss in enumerate(losses, 1)]


def state(history: list[dict[str, Any]], planned_steps: int = STEPS) -> str:
    """A trainer_state.json."""
    made = max((row["step"] for row in history), default=0)
    return json.dumps({"global_step": made, "max_steps": planned_steps, "log_history": history})


def console(history: list[dict[str, Any]]) -> str:
    """The same as the console shows it."""
    lines = ["[2026-01-05 10:00:00,000] [INFO] [axolotl.train] Starting trainer..."]
    for row in history:
        shown = {name: f"{number:.4g}" for name, number in row.items() if name != "step"}
        lines.append(str(shown))
    return "\n".join(lines)


def judged(text: str, config: str | None = CONFIG) -> Health:
    found = health_of(text, config)
    assert found is not None
    return found


def ids(text: str, config: str | None = CONFIG) -> list[str]:
    return [sign.id for sign in judged(text, config).findings]


@pytest.mark.parametrize("form", [state, console])
def test_a_run_whose_loss_falls_is_healthy(form: Any) -> None:
    found = judged(form(rows()))
    assert found.healthy
    assert not found.findings
    assert (found.steps.done, found.steps.planned) == (60, 60)
    assert found.numbers[0].startswith("Loss ")


FAULTS = {
    "diverging": rows(loss=lambda step: 2.0 if step < 8 else 9.0 - step / 20),
    "nan": rows(loss=lambda step: 0.0 if step > 30 else 1.5, grad_norm=lambda step: float("nan") if step > 30 else 1.0),
    "masked": rows(loss=lambda _: 0.0, grad_norm=lambda _: 0.0),
    "overfitting": rows() + evaluated([1.4, 1.3, 1.5, 1.8, 2.1]),
    "leaked-evaluation": rows(epochs=4.0, loss=lambda step: 2.0 * 0.3 ** ((step - 1) // 15))
    + evaluated([0.7, 0.2, 0.06, 0.05]),
    "wrong-template": rows(loss=lambda step: 10.5 - step / 20),
    "warmup-too-long": rows(learning_rate=lambda step: step * 1e-7),
    "learning-rate-off": rows(learning_rate=lambda step: planned(step, peak=2e-5)),
    "not-learning": rows(loss=lambda step: 2.0 + step % 3 / 50, grad_norm=lambda _: 0.0),
    "exploding-gradients": rows(grad_norm=lambda step: 240.0 if step in (30, 31) else 1.0),
    "restarted": rows(learning_rate=lambda step: planned(step if step < 30 else step - 29)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_nothing_beside_it(fault: str) -> None:
    found = judged(state(FAULTS[fault]))
    assert [sign.id for sign in found.findings] == [fault]
    assert not found.healthy
    sign = found.findings[0]
    assert len(sign.message) <= 95
    assert 1 <= sign.steps[0] <= sign.steps[1] <= STEPS


def every(count: int, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same run with a line every so many steps: the mean of their losses, and the rest of the last."""
    lines = []
    for row in history:
        if row["step"] % count == 0:
            losses = [each["loss"] for each in history if row["step"] - count < each["step"] <= row["step"]]
            lines.append({**row, "loss": sum(losses) / len(losses)})
    return lines


def risen(step: int) -> float:
    """A loss that rises from the fourth step on and comes to rest above its start."""
    return 3.5 if step < 4 else min(step, 14.0) if step < 20 else 5.4


RARE = {
    "diverging": rows(loss=risen),
    "masked": FAULTS["masked"],
    "wrong-template": rows(loss=lambda step: 10.5 - step / 20),
    "warmup-too-long": FAULTS["warmup-too-long"],
    "learning-rate-off": FAULTS["learning-rate-off"],
    "not-learning": FAULTS["not-learning"],
    "restarted": rows(learning_rate=lambda step: planned(step if step < 24 else step - 23)),
}


@pytest.mark.parametrize("count", [2, 5, 10])
@pytest.mark.parametrize("fault", RARE)
def test_a_fault_is_named_where_only_some_steps_are_logged(fault: str, count: int) -> None:
    config = CONFIG.replace("logging_steps: 1", f"logging_steps: {count}")
    assert ids(state(every(count, RARE[fault])), config) == [fault]
    assert judged(state(every(count, rows())), config).healthy


def test_hard_rows_at_the_end_of_a_part_of_a_run_are_no_divergence() -> None:
    hard = rows(loss=lambda step: 0.7 if step < 45 else 3.2)
    assert judged(state(hard[25:])).healthy
    ruined = rows(loss=lambda step: 0.7 if step < 45 else 9.0)
    assert ids(state(ruined[25:])) == ["diverging"]


def test_a_first_line_of_many_steps_at_an_impossible_rate_is_no_template() -> None:
    history = rows(loss=lambda step: 9.0 - step / 30, learning_rate=lambda step: planned(step) * 1000)
    config = CONFIG.replace("0.0002", "0.2").replace("logging_steps: 1", "logging_steps: 10")
    (sign,) = judged(state(every(10, history)), config).findings
    assert sign.id == "diverging"
    assert "no model stands" in sign.why


def test_batches_of_which_many_are_masked_are_told_from_a_run_that_trains_nothing() -> None:
    some = rows(loss=lambda step: 0.0 if step % 5 > 1 else 2.0, grad_norm=lambda step: 0.0 if step % 5 > 1 else 1.0)
    (sign,) = judged(state(some)).findings
    assert (sign.id, sign.message.startswith("Every token of some batches")) == ("masked", True)
    (sign,) = judged(state(FAULTS["masked"])).findings
    assert "nothing is trained" in sign.message


def test_the_lines_of_two_processes_are_one_run() -> None:
    lines = [line for line in console(FAULTS["nan"]).split("\n") for _ in range(2)]
    found = judged("\n".join(f"[rank{index % 2}]: {line}" for index, line in enumerate(lines)))
    assert (found.steps.done, [sign.id for sign in found.findings]) == (60, ["nan"])


def test_stairs_without_an_evaluation_are_rows_learned_by_heart() -> None:
    history = rows(epochs=5.0, loss=lambda step: 2.0 * 0.5 ** ((step - 1) // 12))
    assert ids(state(history)) == ["overfitting"]


def test_the_large_norms_that_a_run_begins_with_are_not_a_leap() -> None:
    begun = rows(grad_norm=lambda step: 1.2 + 40 * math.exp(-step / 2))
    assert judged(state(begun)).healthy
    later = rows(grad_norm=lambda step: 1.2 + 40 * math.exp(-step / 2) + (60 if step == 33 else 0))
    (sign,) = judged(state(later)).findings
    assert (sign.id, sign.steps) == ("exploding-gradients", (33, 33))


def test_steps_that_a_second_process_repeats_are_told_with_their_numbers() -> None:
    lines = [*rows()[:40], *rows()[19:]]
    sign = judged(console(lines)).findings[0]
    assert (sign.id, sign.steps) == ("restarted", (20, 40))


def test_a_proper_resume_is_healthy() -> None:
    history = rows()
    assert ids(console(history[:40]) + "\n" + console(history[39:])) == []


def test_an_evaluation_of_nan_does_not_blame_the_model() -> None:
    found = judged(state(rows() + evaluated([math.nan, math.nan])))
    assert [sign.id for sign in found.findings] == ["nan"]
    assert "the model is intact" in found.findings[0].why


def test_a_model_that_starts_from_random_weights_may_start_high() -> None:
    history = rows(loss=lambda step: 10.5 - step / 20)
    assert ids(state(history), CONFIG + "reinit_weights: true\n") == []


@pytest.mark.parametrize(
    "spared",
    [
        rows(loss=lambda step: 4.0 + (step * 7 % 11) / 6, grad_norm=lambda step: 9 + (step * 5 % 13)),
        rows(loss=lambda _: 0.86),
        rows(loss=lambda step: max(2.5 * 0.8**step, 0.15)),
        rows()[:25],
        rows() + evaluated([1.4, 1.3, 1.3, 1.31, 1.3]),
    ],
    ids=["high and noisy", "flat but low", "an easy task", "cut in the middle", "level evaluation"],
)
def test_what_looks_odd_and_is_not_wrong_stays_unflagged(spared: list[dict[str, Any]]) -> None:
    assert ids(state(spared)) == []


@pytest.mark.parametrize("before", ["[default0]:", "2026-03-01T09:15:07.123456789Z "])
def test_what_a_launcher_puts_before_each_line_changes_nothing(before: str) -> None:
    """Axolotl prints the config with its `logging_steps` into the log; every second step is logged here."""
    log = '[INFO] [axolotl.cli.config] config:\n{\n  "logging_steps": 2,\n  "max_steps": 60\n}\n' + console(
        rows()[1::2]
    )
    prefixed = "\n".join(before + line for line in log.split("\n"))
    found = judged(prefixed)
    assert found.healthy
    assert found.steps == judged(log).steps
    assert found.steps.done == STEPS


def test_the_steps_of_a_console_follow_the_logging_steps_of_the_given_config() -> None:
    log = console(every(5, rows()))
    found = judged(log, CONFIG.replace("logging_steps: 1", "logging_steps: 5"))
    assert found.healthy
    assert found.steps.done == 60
    assert "at step 5," in found.numbers[0]


def test_without_logging_steps_axolotl_logs_every_two_hundredth_of_the_run_and_ten_steps_at_most() -> None:
    history = every(4, rows(800, learning_rate=lambda step: planned(step, warmup=40, steps=800)))
    config = CONFIG.replace("logging_steps: 1\n", "").replace("max_steps: 60", "max_steps: 800")
    found = judged(console(history), config.replace("warmup_steps: 6", "warmup_steps: 40"))
    assert found.healthy
    assert found.steps.done == 800


def test_without_any_config_the_bars_tell_the_steps() -> None:
    lines = []
    for row in every(5, rows()):
        lines.append(f"{row['step']}%|███   | {row['step']}/60 [00:10<00:20,  1.10s/it]")
        lines += console([row]).split("\n")[1:]
    found = judged("\n".join(lines), None)
    assert found.numbers[0].startswith("Loss ")
    assert "at step 5," in found.numbers[0]
    assert found.steps.done == 60


def test_a_run_that_may_be_whole_is_not_held_to_the_epochs_of_its_config() -> None:
    """An abandoned `batch_size` makes a run end within its first epoch, and nothing in a table says so."""
    config = CONFIG.replace("max_steps: 60\n", "")
    history = rows(epochs=0.26)
    assert ids(json.dumps(history), config) == []
    assert ids(json.dumps(rows(epochs=0.26, learning_rate=lambda step: planned(step) * 3)), config) == [
        "learning-rate-off"
    ]


def test_a_preference_run_is_judged_by_its_own_measure() -> None:
    def pairs(**changed: Any) -> list[dict[str, Any]]:
        return rows(**{"rewards/margins": lambda step: step / 10, "loss": lambda step: 0.69 / step, **changed})

    config = CONFIG + "rl: dpo\n"
    assert ids(state(pairs()), config) == []
    even = pairs(**{"rewards/margins": lambda _: 0.0, "loss": lambda _: 0.6931})
    assert ids(state(even), config) == ["not-learning"]
    wild = pairs(loss=lambda step: 0.69 if step < 4 else 5.0 * (step % 4))
    assert ids(state(wild), config) == ["diverging"]
    table = "step,loss,grad_norm\n" + "\n".join(f"{row['step']},{row['loss']},9" for row in wild)
    assert ids(table, config) == ["diverging"], "the config tells it where the columns do not"


def test_a_csv_is_a_run_too() -> None:
    text = "step,loss,learning_rate\n" + "\n".join(
        f"{row['step']},{row['loss']},{planned(row['step'])}" for row in rows()
    )
    found = judged(text)
    assert found.healthy
    assert found.steps.done == STEPS


def test_few_steps_are_not_called_fine() -> None:
    found = judged(state(rows()[:3]))
    assert found.healthy
    assert found.verdict == "are too few to judge"
    assert judged(state(rows())).verdict == "look fine"
    assert judged(state(FAULTS["nan"])).verdict == "show a problem"


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "[", '{"log_history": [1, null, {"loss": "x"}]}', "a,b\n1,2", "base_model: org/model\n"]
)
def test_text_without_metrics_is_no_run(text: str) -> None:
    assert health_of(text) is None


@pytest.mark.parametrize("number", ["1e400", "-1", "NaN", "1e308", '"-inf"'])
def test_no_number_breaks_the_judge(number: str) -> None:
    line = (
        f'{{"step": {number}, "loss": {number}, "grad_norm": {number}, "learning_rate": {number}, "epoch": {number}}}'
    )
    health_of(f'{{"log_history": [{",".join([line] * 12)}]}}', CONFIG)


@pytest.mark.skipif(not SHARED.exists(), reason="the reference runs are not there")
def test_the_reference_runs_are_judged_right() -> None:
    runs = [json.loads(line) for line in SHARED.read_text("utf-8").splitlines()]
    missed, flagged = [], []
    for run in runs:
        found = {sign.id for sign in judged(run["log"], run["config"]).findings}
        if run["group"] == "judged" and run["fault"] and not found & {run["fault"], *run["accept"]}:
            missed.append(run["id"])
        if run["group"] == "judged" and run["fault"] is None and found:
            flagged.append(run["id"])
    assert len(missed) <= 0.1 * len(runs)
    assert len(flagged) <= 0.05 * len(runs)
