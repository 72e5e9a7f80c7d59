"""What a check says of whole configs, word for word: `make golden` writes it anew."""

from pathlib import Path

import pytest

from knowledge.finding import Severity
from scripts.write_golden import CASES, expected, outputs, report_of

EXPECTED = expected()
ADVICE = "run `make golden`, look at the difference, and commit it if it is what you want"


def cases(folder: str) -> list[Path]:
    return sorted((CASES / folder).glob("*.yaml"))


@pytest.mark.parametrize("file", EXPECTED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_words_are_as_written(file: Path) -> None:
    assert file.is_file(), ADVICE
    assert file.read_text("utf-8") == EXPECTED[file], ADVICE


def test_nothing_is_left_of_configs_and_areas_that_are_gone() -> None:
    assert set(outputs()) == set(EXPECTED), ADVICE


@pytest.mark.parametrize("file", cases("ok"), ids=lambda file: file.stem)
def test_good_configs_run_and_get_advice_at_most(file: Path) -> None:
    report = report_of(file)
    assert report.verdict == "runs"
    assert not [f"{each.rule}: {each.message}" for each in report.findings if each.severity is not Severity.ADVICE]
    assert report.plan is not None
    assert report.plan.batch is not None


@pytest.mark.parametrize("file", cases("bad"), ids=lambda file: file.stem)
def test_faulty_configs_have_findings_above_advice(file: Path) -> None:
    assert [each for each in report_of(file).findings if each.severity is not Severity.ADVICE]
