"""Search for texts that break something: `make fuzz`, a quarter of an hour; `--seconds N` for another time.

    python benchmarks/fuzz.py [--seconds 900] [--target check] [--keep FOLDER]

Every target runs for its share of the time, in a process of its own, as many at once as there are processors. For a
quarter of it the search is guided by coverage, which slows everything down; then what it has kept is changed further at
full speed. A mutator puts lines together from the names of
Axolotl's fields, awkward values and the signs of YAML; libFuzzer (atheris) keeps what reaches new code. It fails on an
exception, on a text that takes longer than a second of processor time, and on a rule or a number that failed inside
a check. The text that did it is kept and named; such a text belongs in tests/knowledge/test_hostile.py. Needs the
extra `fuzz`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.json_values import to_json
from knowledge.samples import Sample

try:
    import atheris
except ImportError:
    sys.exit("The fuzzer needs atheris: pip install 'axolotl-help-bot[fuzz]'.")

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
LONGEST = 20_000
BOUND = 1.0
"""Seconds of processor time for one text, without the cost of counting coverage in it: a slow one is timed again."""

INSIDE = "--inside" in sys.argv and "--plain" not in sys.argv
"""Whether this process runs one target guided by coverage; no other counts it."""
TEXTS_TARGET = 1_000_000
GUIDED = 0.25
"""The part of the time that is guided by coverage."""
SHORT, SHORTER = 2_000, 700
"""Bytes of a text that is changed at full speed; fewer where a text is a whole answer, which takes longest."""
WHOLE = ("check", "launcher", "rows", "diagnosis", "compare", "health", "words", "new")
"""Targets of which every text is a whole answer, as a member gets it."""
WEIGHTS = {"check": 3.0, "document": 2.0, "secrets": 2.0, "faq": 2.0}
"""How much more time targets get: a check, in which most can break, and those whose texts take little of it."""

with atheris.instrument_imports(include=["knowledge", "bot.store"]) if INSIDE else contextlib.nullcontext():
    from bot import jobs, writing
    from bot.store.errors import InvalidEntry
    from bot.store.faq_file import from_yaml
    from knowledge.check import check
    from knowledge.compare import compare
    from knowledge.config import load_types
    from knowledge.diagnosis import diagnose
    from knowledge.document import parse
    from knowledge.explanation import explain
    from knowledge.gpus import suggest
    from knowledge.samples import propose
    from knowledge.search import answer
    from knowledge.secrets import find, mask

BASE = "base_model: a/b\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nlearning_rate: 2e-4\n"
ROWS = "datasets:\n  - path: org/rows\n    type: {}\n"
KINDS = ("alpaca", "chat_template", "completion", "input_output", "chatml.intel", "sharegpt", "user_defined")
FAILED = "failed on this config"


class Broken(Exception):
    """A text did what no text may do."""


def fuzz_document(data: bytes) -> None:
    document = parse(text_of(data))
    for fault in document.faults:
        document.given(min(fault.line, len(document.lines)) - 1, fault.column - 1)


def fuzz_check(data: bytes) -> None:
    whole(text_of(data), gpus=1 + len(data) % 9)


def fuzz_rows(data: bytes) -> None:
    name = ("a.jsonl", "a.json", "a.csv", "a.jsonl", "a.jsonl")[len(data) % 5]
    whole(BASE + ROWS.format(KINDS[len(data) % len(KINDS)]), dataset=Sample(data, name))
    propose(data, name=name)


def fuzz_launcher(data: bytes) -> None:
    names = ("modal", "nebius", "coreweave", "coreweave\nbackend: cks", "baseten")
    whole(f"provider: {names[len(data) % len(names)]}\n{text_of(data)}")


def fuzz_diagnosis(data: bytes) -> None:
    text = text_of(data)
    to_json(diagnose(text))
    diagnose(f"Traceback (most recent call last):\n{text}", config=text)


def fuzz_secrets(data: bytes) -> None:
    text = text_of(data)
    covered = mask(text)
    if mask(covered) != covered:
        raise Broken("masking again changes the text")
    if covered.count("\n") != text.count("\n"):
        raise Broken("masking moves lines")
    last = 0
    for secret in find(text):
        if not last <= secret.start < secret.end <= len(text):
            raise Broken("spans overlap")
        last = secret.end


def fuzz_faq(data: bytes) -> None:
    text = text_of(data)
    for each in (text, f"format: 1\nentries:\n  - title: a\n    text: b\n    {text}"):
        try:
            from_yaml(each)
        except InvalidEntry:
            continue


def fuzz_compare(data: bytes) -> None:
    text = text_of(data)
    half = len(text) // 2
    to_json(compare(text[:half], text[half:]))


def fuzz_health(data: bytes) -> None:
    text = text_of(data)
    jobs.health(text=text, draw=False)
    jobs.health(text=text, config=BASE + text, draw=False)


def fuzz_words(data: bytes) -> None:
    text = text_of(data)
    to_json(answer(text))
    explain(text[:100])
    suggest(text)
    jobs.support(name=text)
    jobs.versions(text=text)
    jobs.steps(text=text, name="config.yaml")


def fuzz_new(data: bytes) -> None:
    text = text_of(data)
    like = None if len(data) % 3 else BASE + text
    writing.new("Qwen/Qwen3-0.6B", like=like, dataset=("a.jsonl", data) if len(data) % 2 else None, gpu="RTX 4090")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "document": fuzz_document,
    "check": fuzz_check,
    "launcher": fuzz_launcher,
    "rows": fuzz_rows,
    "diagnosis": fuzz_diagnosis,
    "secrets": fuzz_secrets,
    "faq": fuzz_faq,
    "compare": fuzz_compare,
    "health": fuzz_health,
    "words": fuzz_words,
    "new": fuzz_new,
}


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass" if len(data) % 7 == 0 and valid(data) else "replace")


def valid(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def whole(text: str, **options: object) -> None:
    report = check(text, **options)  # type: ignore[arg-type]
    to_json(report)
    failed = [said for said in report.not_checked if FAILED in said]
    if failed:
        raise Broken(f"{failed} on a config of {len(text)} characters")


# -- what is tried ---------------------------------------------------------------------------------------------------

NUMBERS = (
    "0",
    "-1",
    "1" + "0" * 400,
    "1.0e+999",
    "1e-400",
    ".nan",
    "-.inf",
    "0x" + "f" * 900,
    "1:30",
    "9223372036854775808",
)
WORDS = (
    *NUMBERS,
    *(
        "true",
        "no",
        "~",
        "",
        "''",
        "[]",
        "{}",
        "[~]",
        "[[1]]",
        "{a: 1}",
        "2020-01-01",
        "!!binary aGk=",
        "!!set {a}",
        "auto",
    ),
    *("text", "lora", "qlora", "dpo", "grpo", "kto", "chat_template", "alpaca", "adamw_8bit", "cosine", "org/model-7b"),
    *("&a [1]", "*a", "&a {x: *a}", "<<: *a", "|\n  text", ">-\n  text", '"\\ud800"', "'", '"', "[", "{", "#", "\t"),
    "hf_abcdefghijABCDEFGHIJ0123456789abcd",
    *("api_key: abcDEF123456abcDEF123456", "https://u:passw0rd@h/x", "-----BEGIN PRIVATE KEY-----"),
)
JSON = (
    *(
        '{"messages": [{"role": "user", "content": "a"}]}',
        '{"instruction": 1}',
        '{"text": null}',
        "[]",
        "{",
        "null",
        "NaN",
    ),
    *(
        '{"conversations": [{"from": "gpt", "value": []}]}',
        '{"chosen": {}, "rejected": []}',
        '"\\ud800"',
        "1" * 500,
        "a,b\n1,2",
    ),
)
LINES = (
    *(
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "ValueError: bad",
        "[rank1]: RuntimeError: x",
    ),
    *("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.00 GiB", " 5%|5    | 1/9 [00:01<00:02]"),
)

RUN = (
    "{'loss': 1.5, 'grad_norm': 0.9, 'learning_rate': 0.0002, 'epoch': 0.1}",
    "{'loss': '{value}', 'epoch': {value}}",
    "{'eval_loss': {value}, 'eval_runtime': 1.0, 'epoch': {value}}",
    *(" 5%|5    | {value}/9 [00:01<00:02, {value}it/s]", "step,loss,eval_loss", "{value},{value},{value}"),
    *('{"log_history": [{"step": 1, "loss": {value}}', "]}", "[INFO] max_steps: {value}", "torch=={value}"),
    *("why is my loss {value}", "RTX 4090 x{value}", "Qwen/Qwen3-{value}B", "CUDA out of memory", "lora_{value}"),
)


def fragments(target: str) -> list[str]:
    """The pieces that inputs of a target are put together from, one line each."""
    if target in ("rows", "new"):
        return list(JSON)
    if target in ("health", "words"):
        return [*RUN, *LINES, *WORDS, *JSON[:3]]
    types = load_types()
    names = [*types.root, *(name for model in types.models.values() for name in model["fields"])]
    if target == "launcher":
        names = sorted({name for name in names if name not in types.names} | {"gpu", "volumes", "env", "secrets"})
    lines = [
        f"{name}: {value}" for number, name in enumerate(names) for value in (WORDS[number % len(WORDS)], "{value}")
    ]
    lines += [f"  {name}: {{value}}" for name in names] + [f"  - {name}: {{value}}" for name in names[::3]]
    return lines + list(LINES if target in ("diagnosis", "secrets") else ()) + list(WORDS)


def mutator(pieces: list[str]) -> Callable[[bytes, int, int], bytes]:
    """Changes an input line by line; one time in four libFuzzer's own changes of bytes."""

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311 - not for secrets
        if chance.random() < 0.25:
            return bytes(atheris.Mutate(data, most)) if INSIDE else changed(data, chance)[:most]
        lines = data.split(b"\n")
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(lines) + 1)
            piece = chance.choice(pieces).replace("{value}", chance.choice(WORDS)).encode()
            match chance.randrange(6):
                case 0 if len(lines) > 1:
                    del lines[min(at, len(lines) - 1)]
                case 1 if lines:
                    line = lines[min(at, len(lines) - 1)]
                    lines[min(at, len(lines) - 1)] = line[: chance.randrange(len(line) + 1)] + piece
                case 2 if lines:
                    lines.insert(at, chance.choice(lines))
                case 3:
                    lines.insert(at, b" " * chance.randrange(5) + piece)
                case _:
                    lines.insert(at, piece)
        return b"\n".join(lines)[:most]

    return mutate


def changed(data: bytes, chance: random.Random) -> bytes:
    """Some bytes replaced, left out, doubled or moved."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(1, 12))
        piece = data[start:end]
        new = (bytes(chance.choices(range(256), k=3)), b"", piece * 2, data[-3:], b"\n  ", b": ")[chance.randrange(6)]
        data = data[:start] + new + data[end:]
    return data


# -- running ---------------------------------------------------------------------------------------------------------


def fuzz(target: str, seconds: int, folder: Path) -> None:
    """Runs one target in this process; libFuzzer ends the process."""
    work = TARGETS[target]
    mutate = mutator(fragments(target))

    def one(data: bytes) -> None:
        start = time.process_time()
        work(data)
        if time.process_time() - start > BOUND:
            start = time.process_time()
            work(data)
            if time.process_time() - start > BOUND:
                raise Broken(f"{time.process_time() - start:.1f} s for {len(data)} bytes")

    seeds = folder / target
    seeds.mkdir(parents=True, exist_ok=True)
    (seeds / "base").write_text(BASE + ROWS.format("alpaca"), "utf-8")
    (seeds / "rows").write_text("\n".join(JSON), "utf-8")
    (seeds / "log").write_text("\n".join(LINES), "utf-8")
    (seeds / "run").write_text("\n".join(RUN[:1] * 12), "utf-8")
    arguments = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        "-rss_limit_mb=3000",
        "-verbosity=0",
        "-len_control=0",
    ]
    atheris.Setup(
        [sys.argv[0], *arguments, f"-artifact_prefix={folder}/{target}-", "-print_final_stats=1", str(seeds)],
        one,
        custom_mutator=mutate,
    )
    atheris.Fuzz()


def plainly(target: str, seconds: int, folder: Path) -> None:
    """Changes what was kept of one target at full speed; prints how many texts it was."""
    work, mutate = TARGETS[target], mutator(fragments(target))
    most = SHORTER if target in WHOLE else SHORT
    kept = [each.read_bytes()[:most] for each in sorted((folder / target).iterdir())]
    chance = random.Random(target)  # noqa: S311 - a search that can be repeated
    texts, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = chance.choice(kept)
        for _ in range(chance.randint(1, 3)):
            data = mutate(data, most, chance.getrandbits(32))
        texts += 1
        try:
            work(data)
        except Exception:
            (folder / f"{target}-plain").write_bytes(data)
            raise
    print(f"number_of_executed_units: {texts}", file=sys.stderr)


def searched(target: str, seconds: float, folder: Path) -> tuple[int, str]:
    """(texts, what broke) of both ways with one target, each in a process of its own."""
    texts, broke = 0, ""
    for part, extra in ((GUIDED, []), (1 - GUIDED, ["--plain"])):
        command = [sys.executable, __file__, "--inside", *extra, "--target", target]
        command += ["--seconds", str(max(1, round(part * seconds))), "--keep", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        texts += sum(int(line.split()[-1]) for line in done.stderr.splitlines() if "number_of_executed_units" in line)
        broke += (done.stdout + done.stderr)[-2500:] if done.returncode else ""
    return texts, broke


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=900, help="for all targets together (default 900)")
    parser.add_argument("--target", choices=tuple(TARGETS), action="append", help="only these")
    parser.add_argument("--keep", type=Path, help="folder for inputs and what broke something")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    targets = options.target or list(TARGETS)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="helpbot-fuzz-"))
    if options.inside:
        (plainly if options.plain else fuzz)(targets[0], options.seconds, folder)
        return 0
    at_once = os.cpu_count() or 1
    weight = sum(WEIGHTS.get(target, 1.0) for target in targets)
    shares = {target: options.seconds * at_once * WEIGHTS.get(target, 1.0) / weight for target in targets}
    total = whole_ones = broken = 0
    with ThreadPoolExecutor(at_once) as threads:
        running = {target: threads.submit(searched, target, shares[target], folder) for target in targets}
        for target, run in running.items():
            texts, broke = run.result()
            total, broken = total + texts, broken + bool(broke)
            whole_ones += texts if target in WHOLE else 0
            print(f"{target:<10} {shares[target]:3.0f} s  {texts:>8,} texts  {'BROKEN' if broke else 'nothing broke'}")
            if broke:
                print(f"{broke}\nThe text is in {folder}.", flush=True)
    print(f"{whole_ones:,} of them whole answers")
    print(f"{total:,} texts, {broken} targets broken  (target {TEXTS_TARGET:,} texts, 0 broken)")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
