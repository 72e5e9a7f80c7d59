"""Whether Axolotl's own command line takes every command that `helpbot next` prints.

    python scripts/check_commands.py PYTHON

PYTHON is an interpreter that has Axolotl with all that it requires. The commands are those of the configs in
benchmarks/configs and of variants that bring every command out; nothing is run, each is parsed. Exit 1 where one is
refused, 2 where that interpreter cannot start the command line.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from knowledge.config import read  # noqa: E402
from knowledge.next_steps import next_steps  # noqa: E402

_VARIANTS = (
    "",
    "output_dir: ./out dir\nval_set_size: 0.1\n",
    "rl: grpo\nvllm:\n  host: 0.0.0.0\n  port: 8000\n",
    "quantization:\n  weight_dtype: int4\n",
    "fsdp_config:\n  state_dict_type: SHARDED_STATE_DICT\n",
)
_PARSES = """
import json, sys
from axolotl.cli.main import cli
refused = []
for words, where in json.load(sys.stdin):
    try:
        command = cli.get_command(None, words[0])
        command.make_context(words[0], [where if word == "CONFIG" else word for word in words[1:]])
    except BaseException as error:
        refused.append(f"{' '.join(words)}: {type(error).__name__}: {getattr(error, 'message', error)}")
print(json.dumps(refused))
"""


def commands() -> list[list[str]]:
    """The words behind `axolotl` of every command, the config's path as CONFIG."""
    found: dict[str, list[str]] = {}
    bare = "base_model: org/model\ndatasets:\n  - path: org/rows\n    type: alpaca\n"
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "benchmarks" / "configs").glob("*.yml"))]
    for text in [bare, *texts]:
        for more in _VARIANTS:
            for gpus in (1, 2):
                steps = next_steps(read(text + more, gpus), "CONFIG")
                for each in steps.commands if steps is not None else ():
                    words = shlex.split(each.command)
                    found[each.command] = words[words.index("axolotl") + 1 :]
    return list(found.values())


def main(python: str) -> int:
    """Parse all of them; 1 where one is refused, 2 where none can be parsed."""
    asked = [(words, __file__) for words in commands()]
    done = subprocess.run([python, "-c", _PARSES], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"The command line of Axolotl does not start there, so nothing is checked: {why}", file=sys.stderr)
        return 2
    refused = json.loads(done.stdout.splitlines()[-1])
    for line in refused:
        print(line, file=sys.stderr)
    kinds = sorted({words[0] for words, _ in asked})
    print(f"{len(asked) - len(refused)} of {len(asked)} commands parse: {', '.join(kinds)}.")
    return int(bool(refused))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
