"""Every command that the bot prints, parsed by Axolotl's own command line where AXOLOTL names a Python that has it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_commands.py"


@pytest.mark.skipif(not os.environ.get("AXOLOTL"), reason="AXOLOTL names no Python that has Axolotl")
def test_axolotl_takes_every_printed_command():
    done = subprocess.run([sys.executable, SCRIPT, os.environ["AXOLOTL"]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
