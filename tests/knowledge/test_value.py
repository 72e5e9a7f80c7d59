"""Values are what libraries take for dataclasses, and never change."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys

import pytest

from knowledge.finding import Finding, Place, Severity
from knowledge.json_values import from_json, to_json
from knowledge.memory.cards import Fitting
from knowledge.value import record, replace

FOUND = Finding(rule="a-rule", severity=Severity.WARNING, message="Words.", fields=("key",))


def test_the_standard_library_sees_a_dataclass():
    assert dataclasses.is_dataclass(Finding)
    fields = {each.name: each for each in dataclasses.fields(Fitting)}
    assert list(fields) == ["card_gb", "changes", "fits"]
    assert all(each.kw_only and each.default is dataclasses.MISSING for each in fields.values())
    assert dataclasses.asdict(Place(path="a", line=1, column=2, excerpt="b"))["line"] == 1
    assert dataclasses.replace(FOUND, message="Others.") == replace(FOUND, message="Others.") != FOUND


def test_a_value_comes_back_from_json_and_from_another_process():
    assert from_json(Finding, to_json(FOUND)) == FOUND
    assert pickle.loads(pickle.dumps(FOUND)) == FOUND


def test_a_value_does_not_change_and_takes_no_field_that_it_does_not_have():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FOUND.message = "Others."  # type: ignore[misc]
    with pytest.raises(TypeError):
        replace(FOUND, massage="Others.")
    with pytest.raises(TypeError):
        Fitting(card_gb=1.0, changes=())  # type: ignore[call-arg]


def test_a_check_in_words_does_without_the_modules_that_take_source_apart():
    code = "import sys; from knowledge import check; check('base_model: a/b\\n'); print('inspect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_standard_librarys_description_of_a_field_is_refused():
    class Wrong:
        names: list[str] = dataclasses.field(default_factory=list)

    with pytest.raises(TypeError, match="use that of"):
        record(Wrong)
