"""How far the check of rows agrees with what really happened to them, and what it costs.

    python benchmarks/rows_agreement.py [ROWS.jsonl] [--verbose]

Reads the reference pairs of config and sample beside the repository; says so and stops where they are absent.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import resource
import statistics
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from knowledge.check import check
from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import Sample, check_rows, load_kinds
from knowledge.samples.examples import FILE, example_config

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "rows" / "rows.jsonl"
MIB = 1024 * 1024


def sample_of(pair):
    """The bytes of a pair's sample."""
    return base64.b64decode(pair["sample_b64"]) if pair.get("sample") is None else pair["sample"].encode()


def findings_of(pair):
    """All findings about a pair: of the config and of the rows, which stand for a longer file of the same rows."""
    data = sample_of(pair)
    report = check(pair["config"], dataset=Sample(data, pair["file_name"], whole=False))
    found = list(report.findings)
    if report.dataset is None:
        found += check_rows(read(pair["config"]), data, name=pair["file_name"]).findings
    return found


def names(finding, words):
    """Whether a finding names one of the fields or columns."""
    text = " ".join((finding.message, finding.mended, *finding.fields))
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)


def compare(pairs):
    """What disagrees with what really happened.

    Returns:
        The pairs whose verdict is wrong, the losing pairs that no finding names, how many lose, the faultless pairs
        with an alarm, and how many are faultless. An alarm is about the rows or about the config by itself.
    """
    wrong, unnamed, alarms, losing, faultless = [], [], [], 0, 0
    for pair in pairs:
        found = findings_of(pair)
        stops = [each for each in found if each.severity in (Severity.ERROR, Severity.CRASH)]
        if bool(stops) != (pair["outcome"] == "error"):
            wrong.append((pair["id"], pair["outcome"], stops))
        above = [each for each in found if each.severity is not Severity.ADVICE]
        lost = pair.get("zero_trained_rows") or pair.get("dropped") or pair.get("dropped_for_length")
        if pair["outcome"] == "ok" and (lost or pair.get("malformed_rows")):
            losing += 1
            if not any(names(each, pair["fields"]) for each in above):
                unnamed.append((pair["id"], pair["fields"], above))
        if pair["outcome"] == "ok" and not pair["faults"]:
            faultless += 1
            if above:
                alarms.append((pair["id"], "", above))
    return wrong, unnamed, losing, alarms, faultless


def agreement(pairs, verbose):
    """Print the shares that the targets ask for."""
    wrong, unnamed, losing, alarms, faultless = compare(pairs)
    print(
        f"CRASH or ERROR exactly where it fails: {len(pairs) - len(wrong)} of {len(pairs)}"
        f" ({100 - 100 * len(wrong) / len(pairs):.1f} %, target 98%)"
    )
    print(
        f"silent loss named above ADVICE:        {losing - len(unnamed)} of {losing}"
        f" ({100 - 100 * len(unnamed) / max(losing, 1):.1f} %, target 95%)"
    )
    about = sum(any(each.source == "dataset" for each in found) for _, _, found in alarms)
    print(f"faultless pairs without an alarm:      {faultless - about} of {faultless} about their rows (target all)")
    for name, _, found in alarms:
        rules = [f"{each.rule} ({each.severity})" for each in found if each.source != "dataset"]
        if rules:
            print(f"  {name}: its config by itself has {', '.join(rules)}")
    if verbose:
        for title, items in (("wrong", wrong), ("unnamed", unnamed), ("alarms", alarms)):
            for name, what, found in items:
                print(f"  {title}: {name} {what} {[(each.rule, each.message) for each in found]}")


def trained_text(pairs):
    """Of how many rows the trained text is the recorded one; of pairs of answers, all their text.

    Files whose rows are cut or joined by their tokens are left out: that needs the tokenizer they were recorded with.
    So are those of which no text was recorded, but the labels of steps or that the row is malformed.
    """
    alike, rows = 0, 0
    for pair in (each for each in pairs if each.get("trained_text")):
        if pair["type"].startswith("stepwise") or pair.get("malformed_rows"):
            continue
        kept = [source for source in pair.get("source_of_kept") or () if source is not None]
        if len(set(kept)) < len(kept) or (not kept and len(pair["trained_text"]) != pair["rows_in"]):
            continue
        sample = Sample(sample_of(pair), pair["file_name"], examples=100)
        shown = {}
        for example in check_rows(read(pair["config"]), sample).examples:
            shown.setdefault(example.row - 1, []).append(example)
        sources = pair.get("source_of_kept") or range(len(pair["trained_text"]))
        for source, recorded in zip(sources, pair["trained_text"], strict=False):
            if source is not None:
                examples = shown.get(source, [])
                whole = any(each.part for each in examples)
                text = "".join(part.text for each in examples for part in each.parts if whole or part.trained)
                rows += 1
                alike += text.endswith("".join(recorded)) if whole else text == "".join(recorded)
    return alike, rows


def renderings(path):
    """Of how many conversations the built-in templates give the recorded text, or an error where it is one."""
    lines = pairs_of(path)
    alike = 0
    for line in lines:
        row = {key: line[key] for key in ("messages", "tools") if line.get(key)}
        tokens = f"{{bos_token: '{line['bos_token']}', eos_token: '{line['eos_token']}'}}"
        config = f"base_model: org/model\nchat_template: {line['template']}\nspecial_tokens: {tokens}\n"
        config += "datasets:\n  - path: rows.jsonl\n    type: chat_template\n"
        (example,) = check_rows(read(config), [row], name="rows.jsonl").examples
        text = None if example.error else "".join(part.text for part in example.parts)
        alike += without_date(text) == without_date(line.get("text"))
    return alike, len(lines)


def without_date(text):
    """A text with the day on which it was rendered taken out."""
    return text and re.sub(r"20\d\d-\d\d-\d\d|\d\d [A-Z][a-z]{2} 20\d\d", "DATE", text)


def pairs_of(path):
    """The reference pairs of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def longer(value, words):
    """A row with more words in its texts, so that it has the size of a real one."""
    if isinstance(value, dict):
        kept = {"role", "from", "label", "rank", "type"}
        return {key: each if key in kept else longer(each, words) for key, each in value.items()}
    if isinstance(value, list):
        return [longer(each, words) for each in value]
    return f"{words} {value}" if isinstance(value, str) else value


def rows_of(kind):
    """2 MiB of different rows of a type, as JSON Lines."""
    row, lines, size = json.loads(kind.good), [], 0
    while size < 2 * MIB:
        words = f"{len(lines)} The ferry leaves at nine and returns at noon"
        line = json.dumps(longer(row, words)).encode() + b"\n"
        lines.append(line)
        size += len(line)
    return len(lines) - 1, b"".join(lines[:-1])


def cost():
    """Print the processor time and the memory of a check of 2 MiB of every type."""
    slow = []
    for kind in (each for each in load_kinds() if each.good):
        text = example_config(kind)
        rows, data = rows_of(kind)
        check_rows(read(text), data[:20_000].rpartition(b"\n")[0] + b"\n", name=FILE)
        busy = []
        for _ in range(3):
            start = time.process_time()
            check_rows(read(text), data, name=FILE)
            busy.append(time.process_time() - start)
        tracemalloc.start()
        check_rows(read(text), data[: MIB // 4], name=FILE)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        slow.append((statistics.median(busy) * 1000, "/".join([*kind.rl[:1], kind.title]), rows, peak / (MIB // 4)))
    slow.sort(reverse=True)
    within = sum(each[0] <= 300 for each in slow)
    print(f"2 MiB within 300 ms of the processor:  {within} of {len(slow)} types (target all); the slowest:")
    for spent, name, rows, memory in slow[:6]:
        print(f"  {name:40} {rows:6} rows  {spent:4.0f} ms  memory {memory:4.1f} x the sample (target 10)")
    print(f"peak of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def share(words, alike, total, target):
    """A line that says how far it is to a target."""
    return f"{words} {alike} of {total} ({100 * alike / max(total, 1):.1f} %, target {target})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="?", type=Path, default=REFERENCE)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if options.rows.is_file():
        pairs = pairs_of(options.rows)
        agreement(pairs, options.verbose)
        print(share("trained text as recorded:             ", *trained_text(pairs), "95%"))
        templates = options.rows.with_name("renderings.jsonl")
        if templates.is_file():
            print(share("conversations rendered as recorded:   ", *renderings(templates), "all"))
    else:
        print("The reference data is absent; agreement was not measured.")
    cost()


if __name__ == "__main__":
    main()
