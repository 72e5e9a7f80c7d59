"""The picture of the learning rate."""

from __future__ import annotations

import subprocess
import sys

from bot.views.check.curve import curve_picture
from knowledge.config import read
from knowledge.plan import TrainingPlan, make_plan

CONFIG = """\
base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.0002
warmup_ratio: 0.1
val_set_size: 0.04
evals_per_epoch: 4
saves_per_epoch: 2
"""


def planned(text: str, lengths: list[int]) -> TrainingPlan:
    return make_plan(read(text), lengths=lengths)


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_known_steps_are_named_in_the_words_beside_the_picture() -> None:
    picture = curve_picture(CONFIG, plan=planned(CONFIG, [100] * 1000))
    assert picture is not None
    assert size(picture.png) == (1000, 600)
    assert "360 steps" in picture.alt
    assert "Warm-up over 36 steps" in picture.alt
    assert "Saved after steps 60, 120, 180, 240, 300, and 360" in picture.alt
    assert len(picture.alt) <= 1024


def test_without_rows_the_picture_shows_shares_of_the_run() -> None:
    picture = curve_picture(CONFIG)
    assert picture is not None
    assert "unknown length" in picture.alt
    assert "about 10% of the run" in picture.alt
    assert "Saved 6 times" in picture.alt


def test_thousands_of_saves_and_steps_are_still_a_picture() -> None:
    text = CONFIG.replace("saves_per_epoch: 2", "save_steps: 1")
    picture = curve_picture(text, plan=planned(text, [100] * 20_000))
    assert picture is not None
    assert len(picture.png) < 200_000
    assert "7,200 times" in picture.alt


def test_one_step_is_a_point() -> None:
    assert (
        curve_picture(CONFIG.replace("num_epochs: 3", "max_steps: 1").replace("saves_per_epoch: 2\n", "")) is not None
    )


def test_a_schedule_that_cannot_be_built_has_no_picture() -> None:
    assert curve_picture(CONFIG + "lr_scheduler: warmup_stable_decay\n") is None
    assert curve_picture("not a config") is None


def test_matplotlib_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, bot.views.check.curve; sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
