"""How much a check costs, beside reading the YAML alone.

    python benchmarks/check_speed.py [FOLDER]

Prints ratios with their limits and exits 1 when one is over: a full check, once warm, against a bare load with PyYAML's
C loader; the whole process `helpbot check` against yamllint, which reads the syntax only, on one file (and its peak
memory) and on the folder; and the first check of a process, once its modules are loaded. FOLDER holds configs; without
it the reference data's examples are taken where they are present, else copies of benchmarks/configs. Times are
processor time, the median of 15 turns that alternate.
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import yaml

from knowledge.check import check

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "corpus" / "examples"
OWN = Path(__file__).resolve().parent / "configs"
COPIES = 35
"""How often each of our own configs goes into the folder: start-up should weigh as little as in a real one."""
BIN = Path(sys.executable).parent
WARM, ONE_FILE, FOLDER, MEMORY, FIRST = 2.5, 1.2, 0.35, 32.0, 60.0
TURNS = 15
_STARTER = """
import os, sys
nothing = os.open(os.devnull, os.O_WRONLY)
quiet = [(os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, nothing, 2)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
used = os.wait4(child, 0)[2]
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
_FIRST = """
import sys, time
from knowledge.check import check
text = open(sys.argv[1], encoding="utf-8").read()
start = time.thread_time()
check(text)
print((time.thread_time() - start) * 1e3)
"""


def typical(*timed: Callable[[], object]) -> list[float]:
    """The median processor time of each, in seconds, taken in turn so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in timed]
    for _ in range(TURNS):
        for found, each in zip(times, timed, strict=True):
            start = time.thread_time()
            each()
            found.append(time.thread_time() - start)
    return [median(found) for found in times]


def load(text: str) -> None:
    """A bare load; what the loader refuses costs what it costs to get there."""
    try:
        yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return


def process(*command: str) -> tuple[float, float]:
    """Seconds of processor time and peak MiB of one process, start and end included.

    A small process starts it: until a child runs its own program, the memory of its parent counts as the child's.
    """
    told = subprocess.run([sys.executable, "-S", "-c", _STARTER, *command], capture_output=True, check=True, text=True)
    seconds, kibibytes = told.stdout.split()
    return float(seconds), int(kibibytes) / 1024


def typical_process(*commands: tuple[str, ...]) -> list[tuple[float, float]]:
    found: list[list[tuple[float, float]]] = [[] for _ in commands]
    for _ in range(TURNS):
        for runs, command in zip(found, commands, strict=True):
            runs.append(process(*command))
    return [(median(seconds for seconds, _ in runs), median(memory for _, memory in runs)) for runs in found]


def shown(name: str, ratio: float, limit: float, words: str) -> bool:
    good = ratio <= limit
    print(f"{name:<34} {ratio:>6.2f} (limit {limit:g}){'' if good else ' OVER'}   {words}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=REFERENCE)
    folder = parser.parse_args().folder
    # As in an installed package; a work tree that has just changed would be compiled anew by every process.
    for package in ("bot", "knowledge"):
        compileall.compile_dir(ROOT / package, quiet=1)
    if folder.is_dir():
        return measure(folder)
    with tempfile.TemporaryDirectory() as copies:
        for file in OWN.glob("*.yml"):
            for number in range(COPIES):
                shutil.copy(file, Path(copies) / f"{file.stem}-{number}.yml")
        return measure(Path(copies))


def measure(folder: Path) -> int:
    files = sorted(file for file in folder.rglob("*") if file.suffix in {".yml", ".yaml"})
    texts = [file.read_text("utf-8") for file in files]
    print(f"{len(files)} configs of {folder}, Python {sys.version.split()[0]}\n")
    for text in texts:
        check(text)
    times = [typical(lambda text=text: check(text), lambda text=text: load(text)) for text in texts]  # type: ignore[misc]
    full, bare = sum(each for each, _ in times), sum(each for _, each in times)
    words = f"{full / len(texts) * 1e3:.2f} ms against {bare / len(texts) * 1e3:.2f} ms a config"
    good = shown("full check / bare C load, warm", full / bare, WARM, words)

    helpbot, yamllint = str(BIN / "helpbot"), str(BIN / "yamllint")
    middle = str(sorted(files, key=lambda file: file.stat().st_size)[len(files) // 2])
    (ours, memory), (theirs, _) = typical_process((helpbot, "check", middle), (yamllint, middle))
    good &= shown("helpbot / yamllint, one file", ours / theirs, ONE_FILE, f"{ours:.3f} s against {theirs:.3f} s")
    good &= shown("peak memory, MiB", memory, MEMORY, "of that process")
    (ours, _), (theirs, _) = typical_process((helpbot, "check", str(folder)), (yamllint, str(folder)))
    good &= shown("helpbot / yamllint, whole folder", ours / theirs, FOLDER, f"{ours:.2f} s against {theirs:.2f} s")
    first = (sys.executable, "-c", _FIRST, middle)
    taken = [float(subprocess.run(first, cwd=ROOT, capture_output=True, check=True).stdout) for _ in range(TURNS)]
    good &= shown("first check of a process, ms", median(taken), FIRST, "its modules loaded")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
