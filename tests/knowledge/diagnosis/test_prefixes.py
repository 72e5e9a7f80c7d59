"""What a container platform writes in front of each line does not hide where and in which phase a run broke."""

import pytest

from knowledge.diagnosis import diagnose
from knowledge.diagnosis.prefixes import without_prefixes

LOG = """\
[2025-09-01 10:00:00,000] [INFO] [axolotl.cli.train] Axolotl 0.21.0, torch 2.13.0
Loading checkpoint shards:  50%|█████     | 2/4 [00:10<00:10,  5.00s/it]
Traceback (most recent call last):
  File "/workspace/axolotl/src/axolotl/loaders/model.py", line 180, in load
    self._build_model()
  File "/root/lib/python3.11/site-packages/transformers/modeling_utils.py", line 400, in from_pretrained
    odd()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."""
PREFIXES = {
    "container runtime": "2025-09-01T10:00:00.123456789Z stderr F ",
    "kubectl --prefix": "[pod/train-0/main] ",
    "kubectl --prefix --timestamps": "[pod/train-0-abc/main] 2025-09-01T10:00:00.123456789Z ",
    "kubectl --timestamps": "2025-09-01T10:00:00.123456789Z ",
    "stern": "axolotl-train-7f9c-x2z main > ",
    "compose": "trainer-1  | ",
    "journald": "Sep 01 10:00:00 node1 docker[1234]: ",
    "kubeflow": "pytorchjob-master-0: ",
}


def prefixed(prefix, text=LOG):
    return "\n".join(prefix + line for line in text.split("\n"))


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
def test_phase_place_and_cause_are_told_as_without_it(prefix):
    plain, found = diagnose(LOG), diagnose(prefixed(prefix))
    assert found.phase == plain.phase == "loading the model"
    assert found.error.file == "axolotl/loaders/model.py"
    assert found.error.line == plain.error.line
    assert found.progress.bar == "Loading checkpoint shards"
    assert [match.id for match in found.matches] == [match.id for match in plain.matches]


def test_two_pods_are_both_read():
    lines = without_prefixes(f"{prefixed('[pod/a/main] ')}\n{prefixed('[pod/b/main] ')}".split("\n"))
    assert lines == [*LOG.split("\n"), *LOG.split("\n")]


def test_ranks_in_the_prefix_are_kept():
    text = prefixed("2025-09-01T10:00:00.1Z stdout F ", prefixed("[rank3]: "))
    assert diagnose(text).error.rank == 3


@pytest.mark.parametrize("text", [LOG, "> " + LOG.replace("\n", "\n> "), f"It says Traceback {LOG}", ""])
def test_what_is_no_prefix_stays(text):
    assert without_prefixes(text.split("\n")) == text.split("\n")


@pytest.mark.parametrize("head", ["1" * 100, "1a" * 50, "0" * 60, "a" * 119])
def test_hostile_prefixes_are_read_in_linear_time(head):
    assert len(without_prefixes([f"{head}Traceback (most recent call last)"] * 2_000 + ["1" * 5_000] * 200)) == 2_200
