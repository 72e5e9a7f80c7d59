"""How often the settled cause of a pasted error stands among the first three explanations, and how fast.

Run: python benchmarks/diagnosis_accuracy.py [--show]. Needs the reference data beside the checkout; without it only
the speed is measured.
"""

import json
import re
import sys
import time
from pathlib import Path

import yaml

from knowledge.diagnosis import diagnose
from knowledge.diagnosis.known import known_errors
from knowledge.diagnosis.topics import topics
from knowledge.facts import read_json

CASES = Path(__file__).resolve().parents[1] / "tests" / "cases" / "errors"
# From this batch on somebody judged whether the first explanation was wrong.
_JUDGED = 15
SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def said(match):
    """Everything that one explanation says, as one text."""
    return "\n".join([match.meaning, *match.causes, match.cure, *match.fields])


def right(text, patterns):
    return any(re.search(pattern, text, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


def reported(*, show):
    """Accuracy on public reports, with all entries and without those that were written once a case had been seen."""
    rows = yaml.safe_load((CASES / "reported.yaml").read_text("utf-8"))
    totals = {"with every entry": [0, 0], "without the entries written for them": [0, 0]}
    for case in rows:
        found = diagnose(case["text"]).matches
        for name, unseen in zip(totals, (False, True), strict=True):
            left = [match for match in found if not (unseen and match.id in case.get("after", ()))][:3]
            texts = [f"{said(match)}\n{'harmless' if match.harmless else ''}" for match in left]
            hit = any(right(text, [case["says"]]) for text in texts)
            totals[name][0] += hit
            totals[name][1] += bool(texts) and not right(texts[0], [case["says"]])
            if show and not hit and not unseen:
                print(f"MISS {case['id']:28} {[match.id for match in left]}")
    for name, (hits, wrongs) in totals.items():
        share = f"{hits} of {len(rows)} ({hits / len(rows):.0%}), first wrong {wrongs / len(rows):.0%}"
        print(f"public reports, {name}: cause among the first three {share}")


def batches():
    """How much of each batch of reports was explained when it was first tried, before entries were written for it."""
    rows = yaml.safe_load((CASES / "batches.yaml").read_text("utf-8"))
    # Those that are still open are held back; they were misses of their batch too.
    held = yaml.safe_load((CASES / "held_back.yaml").read_text("utf-8"))
    rows += [{**case, "missed": True} for case in held if "batch" in case]
    for batch in sorted({case["batch"] for case in rows}):
        print(f"batch {batch} when it was first tried: {_first_tried([c for c in rows if c['batch'] == batch])}")
    newest = [case for case in rows if case["batch"] >= _JUDGED]
    print(f"batches {_JUDGED} and newer when they were first tried, judged by hand: {_first_tried(newest)}")


def _first_tried(rows):
    """How many of some reports were explained at first, and how many first explanations were wrong, where judged."""
    hits = sum(not case.get("missed") for case in rows)
    misled = sum(bool(case.get("misled")) for case in rows)
    wrong = f", first one wrong {misled} ({misled / len(rows):.0%})" if rows[0]["batch"] >= _JUDGED else ""
    return f"cause among the first three {hits} of {len(rows)} ({hits / len(rows):.0%}){wrong}"


def held_back(*, show):
    """Accuracy on reports for which no entry was written: what an error that nobody has seen before can expect."""
    rows = yaml.safe_load((CASES / "held_back.yaml").read_text("utf-8"))
    hits = wrongs = silent = 0
    for case in rows:
        texts = [
            f"{said(match)}\n{'harmless' if match.harmless else ''}" for match in diagnose(case["text"]).matches[:3]
        ]
        hit = any(right(text, [case["says"]]) for text in texts)
        hits += hit
        wrongs += bool(texts) and not right(texts[0], [case["says"]])
        silent += not texts
        if show and not hit:
            print(f"HELD BACK {case['id']}")
    share = f"{hits} of {len(rows)} ({hits / len(rows):.0%}), first wrong {wrongs / len(rows):.0%}"
    print(f"held back, no entry written for them: cause among the first three {share}, left open {silent}")


def notices(*, show):
    """How many notices of healthy runs are left alone: no failure, no explanation but a harmless one."""
    texts = yaml.safe_load((CASES / "notices.yaml").read_text("utf-8"))
    taken = [text for text in texts if (found := diagnose(text)).failed or not all(m.harmless for m in found.matches)]
    print(f"harmless notices left alone: {len(texts) - len(taken)} of {len(texts)}")
    if show:
        for text in taken:
            print(f"NOTICE {text[:100]!r}")


def healthy_runs(*, show):
    """How many logs of healthy runs are described as healthy."""
    rows = [json.loads(line) for line in (SHARED / "health" / "runs.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["fault"] is None]
    taken = [
        row["id"]
        for row in rows
        if (found := diagnose(row["log"])).failed or not all(m.harmless for m in found.matches)
    ]
    print(f"logs of healthy runs described as healthy: {len(rows) - len(taken)} of {len(rows)}")
    if show and taken:
        print("  ", taken)


def patterns():
    """The slowest expression of all entries and topics on 200 kB of hostile text; the aim is at most 50 ms."""
    slowest = (0.0, "")
    expressions = [(known.id, known.expression) for known in known_errors() if known.expression]
    for topic in topics():
        expressions += [(topic.name, each) for each in (topic.names, topic.words, topic.files) if each]
    pieces = ("a", "a.", "'", "KeyError: '", "No module named ", "line 1 ", "((((", "1.", "_a", "\t ", "sm_1", "/a")
    for name, expression in expressions:
        for piece in pieces:
            text = (piece * (200_000 // len(piece) + 1))[:200_000]
            start = time.process_time()
            expression.search(text)
            slowest = max(slowest, (time.process_time() - start, name))
    took = f"{slowest[0] * 1000:.0f} ms ({slowest[1]})"
    print(f"slowest of {len(expressions)} expressions on 200 kB of hostile text: {took}")


def own_messages():
    """How many messages of Axolotl's own code lead to an explanation where they stand as a run prints them."""
    messages = read_json("messages.json")["messages"]
    led = 0
    for text, level, place, _ in messages:
        words, file = text.replace("{…}", "xx").replace("%s", "xx"), place.partition(":")[0]
        logged = f"[WARNING] [{file.removesuffix('.py').replace('/', '.')}.f:9] {words}"
        raised = f'  File "/x/site-packages/{file}", line 9, in f\nValueError: {words}'
        led += bool(diagnose(logged if level == "warning" else raised).matches)
    print(f"messages of Axolotl's own code that lead to an explanation: {led} of {len(messages)}")


def cases(*, show):
    """Accuracy on the settled cases: by what the text alone, the config or the version decides."""
    rows = [json.loads(line) for line in (SHARED / "errors" / "cases.jsonl").read_text("utf-8").splitlines()]
    totals = {}
    for case in rows:
        config = case["config_excerpt"] if case["decidable"] == "config" else None
        diagnosis = diagnose(case["error_text"], config=config)
        texts = [said(match) for match in diagnosis.matches[:3]]
        misleading = bool(texts) and right(texts[0], case["never"])
        if case["decidable"] == "no":
            hit = diagnosis.unknown is not None
            wrong = not hit
        else:
            hit = any(right(text, case["must"]) for text in texts)
            wrong = bool(texts) and (misleading or not right(texts[0], case["must"]))
        for name in (case["decidable"], "all" if case["decidable"] != "no" else "undecidable"):
            total = totals.setdefault(name, [0, 0, 0])
            total[0] += 1
            total[1] += hit
            total[2] += wrong
        if show and (not hit or wrong):
            ids = ", ".join(match.id for match in diagnosis.matches[:3])
            what = "MISS" if not hit else "FIRST"
            print(f"{what} {case['id']:12} {case['decidable']:8} [{ids}] {case['error_text'][:90]!r}")
    for name, (count, hits, wrongs) in totals.items():
        share = f"settled cause in the first three {hits / count:6.1%}, first wrong {wrongs / count:6.1%}"
        print(f"{name:12} {count:3}: {share}")


def quiet(*, show):
    """Explanations where there is nothing to explain."""
    texts = {path.name: path.read_text("utf-8") for path in sorted((SHARED / "corpus" / "examples").iterdir())}
    texts.update(
        {
            path.name: path.read_text("utf-8")
            for path in sorted((SHARED / "corpus" / "wild").iterdir())
            if path.is_file()
        }
    )
    false = {name: [match.id for match in diagnose(text).matches] for name, text in texts.items()}
    false = {name: ids for name, ids in false.items() if ids}
    print(f"configs with a match: {len(false)} of {len(texts)}")
    if show:
        for name, ids in false.items():
            print("  ", name, ids)
    print(f"healthy log: {[match.id for match in diagnose(healthy(500)).matches]}")


def healthy(steps):
    """A log of a run in which nothing fails."""
    lines = [
        "[2025-09-01 10:00:00,000] [INFO] [axolotl.cli.train] Axolotl 0.21.0, torch 2.13.0",
        "[2025-09-01 10:00:01,000] [INFO] [axolotl.loaders.tokenizer] EOS: 2 / </s>",
        "The following values were not passed to `accelerate launch` and had defaults used instead:",
        "Tokenizing Prompts (num_proc=8): 100%|██████████| 2000/2000 [00:02<00:00, 810.11 examples/s]",
        "[2025-09-01 10:00:09,000] [INFO] [axolotl.loaders.model] Converting modules to torch.bfloat16",
        "[2025-09-01 10:00:10,000] [INFO] [axolotl.train] Starting trainer...",
    ]
    for step in range(1, steps + 1):
        lines.append(
            f"{{'loss': {2 / step**0.2:.4f}, 'grad_norm': 0.61, 'learning_rate': 0.0002, 'epoch': {step / 100}}}"
        )
        lines.append(f"\r  {step * 100 // steps}%|██        | {step}/{steps} [00:{step % 60:02}<10:00,  1.20s/it]")
    lines.append(
        "[2025-09-01 12:00:00,000] [INFO] [axolotl.train] Training completed! Saving trained model to ./outputs."
    )
    return "\n".join(lines)


def megabyte():
    """1 MB of log as it comes: metrics, interleaved processes, warnings, and a traceback at the end."""
    block = "".join(
        f"[rank{rank}]: [2025-09-01 10:00:{second:02},{rank:03}] [WARNING] [axolotl.x] sample {second * rank} unusual\n"
        for second in range(60)
        for rank in range(8)
    )
    tail = (
        "[rank1]: Traceback (most recent call last):\n"
        '[rank1]:   File "/root/axolotl/src/axolotl/train.py", line 10, in train\n'
        "[rank1]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 1 has a total capacity "
        "of 23.6 GiB of which 1.1 GiB is free.\n"
    )
    body = ""
    count = 0
    while len(body) < 1_000_000 - len(tail):
        body += block.replace("unusual", f"unusual {count}") + healthy(200)
        count += 1
    return body[: 1_000_000 - len(tail) - 1] + "\n" + tail


def speed():
    for name, text in (("healthy and interleaved", megabyte()), ("one message", "KeyError: 'instruction'")):
        diagnose(text[:1000])
        spent = []
        for _ in range(5):
            start = time.perf_counter()
            diagnosis = diagnose(text)
            spent.append(time.perf_counter() - start)
        ids = [match.id for match in diagnosis.matches]
        print(f"{name}: {len(text) / 1e6:.2f} MB in {min(spent) * 1000:.1f} ms -> {ids}")


if __name__ == "__main__":
    show = "--show" in sys.argv
    reported(show=show)
    batches()
    held_back(show=show)
    notices(show=show)
    own_messages()
    if (SHARED / "errors").exists():
        cases(show=show)
        quiet(show=show)
        healthy_runs(show=show)
    else:
        print("reference data not found: only the speed is measured")
    speed()
    patterns()
