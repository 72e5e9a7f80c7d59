"""Claims that notes once got wrong: what Axolotl does, and the words of the note that say so.

The words are looked up everywhere. What Axolotl does is tried where AXOLOTL names an interpreter that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knowledge.catalog import Catalog

AXOLOTL = os.environ.get("AXOLOTL", "")
PROBES = Path(__file__).with_name("axolotl_probes.py")


class Claim(NamedTuple):
    """A probe of axolotl_probes.py, its outcome, and the note that says it in these words."""

    probe: str
    outcome: Any
    note: str
    words: str


CLAIMS = (
    Claim("dion without a rate", "KeyError 'dion_learning_rate'", "dion_lr", "stops with KeyError"),
    Claim("dion without a momentum", "KeyError 'dion_momentum'", "dion_momentum", "stops with KeyError"),
    Claim(
        "dion with a rank",
        ["dion_lr", "dion_mu", "lr", "weight_decay"],
        "dion_rank_fraction",
        "never reaches the optimizer",
    ),
    Claim(
        "dion with a rank",
        ["dion_lr", "dion_mu", "lr", "weight_decay"],
        "dion_rank_multiple_of",
        "never reaches the optimizer",
    ),
    Claim(
        "dion with a rank in optim_args",
        ["dion_lr", "dion_mu", "lr", "rank_fraction", "weight_decay"],
        "dion_rank_fraction",
        "`optim_args` is what reaches Dion",
    ),
    Claim("a sentence for the default system message", False, "default_system_message", "has none to replace"),
    Claim("a fast tokenizer in spite of use_fast false", True, "tokenizer_use_fast", "ignores the choice"),
    Claim(
        "use_data_producer in the arguments of plain GRPO",
        [False, True],
        "nemo_gym_multi_turn",
        "Without `trl.use_data_producer: true` the run stops",
    ),
    Claim("a packed stream of two datasets", "NotImplementedError", "streaming", "more than one entry"),
    Claim("an unpacked stream of two datasets", "accepted", "streaming", "With packing, more than one entry"),
    Claim("the image size when it is left out", 448, "image_size", "the model's vision config names"),
    Claim(
        "patterns that match a weight by a later part of its name",
        [False, True, True],
        "unfrozen_parameters",
        "from the start of the name",
    ),
    Claim("tokens that are written without a limit", 20, "trl.max_completion_length", "answers end after 20 tokens"),
    Claim("gradients of layers that are spilled", [True, False], "max_memory", "in full training they do not learn"),
    Claim("the evaluations of a resumed run", [2, 4], "eval_on_start", "A resumed run evaluates again"),
)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    if not AXOLOTL:
        pytest.skip("AXOLOTL names no interpreter that has Axolotl")
    command = [AXOLOTL, "-P", str(PROBES)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.note}: {claim.probe}")
def test_note_says_what_axolotl_does(claim: Claim) -> None:
    note = Catalog.load().notes[claim.note]
    said = (note.summary, note.raising, note.lower, note.left_out, note.costs, note.pitfalls)
    assert claim.words in " ".join(said)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.note}: {claim.probe}")
def test_axolotl_does_what_the_note_says(claim: Claim, outcomes: dict[str, Any]) -> None:
    assert outcomes[claim.probe] == claim.outcome
