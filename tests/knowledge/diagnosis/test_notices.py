"""Notices of runs in which nothing is wrong: no failure, and no explanation but a harmless one."""

from pathlib import Path

import pytest
import yaml

from knowledge.diagnosis import diagnose

NOTICES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "errors" / "notices.yaml").read_text("utf-8"))
PROGRESS = "".join(f"{{'loss': {2 - step / 100}, 'grad_norm': 0.6, 'epoch': {step / 10}}}\n" for step in range(1, 40))


@pytest.mark.parametrize("text", NOTICES, ids=lambda text: text[:40])
def test_a_notice_alone_is_no_failure(text):
    diagnosis = diagnose(text)
    assert not diagnosis.failed
    assert all(match.harmless for match in diagnosis.matches)


@pytest.mark.parametrize("text", NOTICES, ids=lambda text: text[:40])
def test_a_run_with_a_notice_goes_on(text):
    diagnosis = diagnose(f"{text}\n{PROGRESS}")
    assert not diagnosis.failed
    assert not diagnosis.matches


def test_missing_weights_of_an_own_folder_are_a_fault():
    text = "Some weights of LlamaForCausalLM were not initialized from the model checkpoint at ./merged and are newly "
    assert diagnose(f"{text}initialized: ['lm_head.weight']").matches[0].id == "head-not-in-the-file"


def test_all_notices_together_are_still_overruled_by_a_failure():
    failure = "Traceback (most recent call last):\n  File \"/x/axolotl/train.py\", line 1, in f\nKeyError: 'odd_thing'"
    assert diagnose("\n".join([*NOTICES, PROGRESS, failure])).failed
