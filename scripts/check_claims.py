"""Whether Axolotl behaves as the notes of `/explain` say, where a short run can show it.

    python scripts/check_claims.py PYTHON

PYTHON is an interpreter that has Axolotl. Every row of scripts/claims.yaml names a note, words of it, and the run. Exit
1 where a run shows something else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

CLAIMS = Path(__file__).with_name("claims.yaml")
_RUNS = '''
import json, sys, warnings
warnings.filterwarnings("ignore")
import yaml
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from axolotl.utils.config import validate_config
from axolotl.utils.dict import DictDefault


def words(*known, **special):
    """A tokenizer of whole words."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate((*known, "unk"))}, unk_token="unk"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    more = special.pop("additional_special_tokens", [])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="unk", **special)
    tokenizer.add_special_tokens({"additional_special_tokens": more})
    return tokenizer


def validated(rl, **entry):
    """What validation leaves of the entry of a preference run."""
    cfg = {"base_model": "x", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "learning_rate": 1e-4, "rl": rl}
    return dict(validate_config(DictDefault({**cfg, "datasets": [{"path": "a", **entry}]})).datasets[0])


def fails(run, *given):
    try:
        run(*given)
    except Exception:
        return True
    return False


tools = {"words": words, "validated": validated, "fails": fails}
wrong = []
for claim in json.load(sys.stdin):
    names = dict(tools)
    try:
        exec(claim["shows"], names)
        seen = names["shown"]
    except Exception as error:
        seen = f"{type(error).__name__}: {error}"
    if seen is not True:
        wrong.append(f"{claim['note']}: {seen}")
print(json.dumps(wrong))
'''


def claims() -> list[dict[str, str]]:
    """The rows: `note`, `says` and `shows`."""
    rows: list[dict[str, str]] = yaml.safe_load(CLAIMS.read_text("utf-8"))
    return rows


def main(python: str) -> int:
    """Run all of them; 1 where one shows something else."""
    asked = claims()
    done = subprocess.run([python, "-c", _RUNS], input=json.dumps(asked), capture_output=True, text=True, check=True)
    wrong = json.loads(done.stdout.splitlines()[-1])
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(asked) - len(wrong)} of {len(asked)} claims of the notes are shown by running Axolotl.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
