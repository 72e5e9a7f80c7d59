"""How far the check agrees with Axolotl's own validator.

The validator runs in an environment of its own (--validator PYTHON SCRIPT: a program that takes JSON lines
{"id", "yaml"} and answers {"id", "verdict", "errors"}). Configs come from a folder, from a file of probes, or are
mutations of a folder's configs: values crossed between them, wrong types, deletions, from a seed.

Prints agreement, missed refusals and false errors by rule. With --mend it tests each ERROR by itself: with all the
others fixed, Axolotl still has to refuse.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.check import check
from knowledge.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

Case = dict[str, Any]
Verdict = dict[str, Any]
WRONG: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    0.5,
    "",
    "yes",
    "no",
    "text",
    "3",
    [],
    ["a"],
    {},
    {"a": 1},
    "auto",
)


def main() -> int:
    """Run the comparison; exit 1 when a target is missed."""
    options = _arguments().parse_args()
    cases = list(_cases(options))
    verdicts = _verdicts(options.validator, cases)
    tally = _compare(cases, verdicts, options)
    if options.mend:
        _mend(cases, verdicts, options)
    return 0 if tally["agreement"] >= options.target else 1


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validator", nargs=2, required=True, metavar=("PYTHON", "SCRIPT"))
    parser.add_argument("--configs", nargs="*", type=Path, default=[], help="folders or files of configs")
    parser.add_argument("--probes", type=Path, help="JSON lines with bad and good configs, one rule each")
    parser.add_argument("--mutations", type=int, default=0, help="how many mutated configs to make")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=40, help="how many disagreements to show")
    parser.add_argument("--mend", type=int, default=0, metavar="N", help="test the errors of N refused configs singly")
    parser.add_argument("--target", type=float, default=0.998)
    parser.add_argument("--save", type=Path, help="write the disagreements to this file as JSON lines")
    return parser


# -- cases ---------------------------------------------------------------------------------------------------------


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    texts = [(path.name, path.read_text("utf-8")) for folder in options.configs for path in _files(folder)]
    probes = [json.loads(line) for line in options.probes.read_text("utf-8").splitlines()] if options.probes else []
    probes = [probe for probe in probes if probe.get("agrees", True) and not probe.get("environment")]
    if not options.mutations:
        yield from ({"id": name, "yaml": text} for name, text in texts)
        for number, probe in enumerate(probes):
            for side in ("bad", "good"):
                yield {"id": f"{number}:{probe['id']}:{side}", "yaml": probe[side]}
        return
    texts += [(f"{probe['id']}:{side}", probe[side]) for probe in probes for side in ("bad", "good")]
    yield from mutations(texts, options.mutations, random.Random(options.seed))  # noqa: S311 - not for secrets


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]


def mutations(texts: list[tuple[str, str]], count: int, chance: random.Random) -> Iterator[Case]:
    """Configs with one to three changes each: another config's value, a wrong type, a deletion."""
    configs = []
    pool: dict[str, list[Any]] = {}
    for name, text in texts:
        try:
            loaded = yaml.safe_load(text)
        except yaml.YAMLError:
            continue
        if isinstance(loaded, dict):
            configs.append((name, loaded))
            for key, value in loaded.items():
                if value not in pool.setdefault(key, []):
                    pool[key].append(value)
    keys = sorted(key for key in pool if isinstance(key, str))
    for number in range(count):
        name, loaded = chance.choice(configs)
        mutated = json.loads(json.dumps(loaded, default=str))
        for _ in range(chance.choice((1, 1, 2, 3))):
            _mutate(mutated, keys, pool, chance)
        yield {"id": f"{number}:{name}", "yaml": yaml.safe_dump(mutated, sort_keys=False)}


def _mutate(config: dict[str, Any], keys: list[str], pool: dict[str, list[Any]], chance: random.Random) -> None:
    kind = chance.random()
    if kind < 0.5:
        key = chance.choice(keys)
        config[key] = json.loads(json.dumps(chance.choice(pool[key]), default=str))
    elif kind < 0.65 and config:
        del config[chance.choice(list(config))]
    elif kind < 0.85 and config:
        config[chance.choice(list(config))] = chance.choice(WRONG)
    elif config:
        blocks = [value for value in config.values() if isinstance(value, dict) and value]
        blocks += [
            item for value in config.values() if isinstance(value, list) for item in value if isinstance(item, dict)
        ]
        if blocks:
            block = chance.choice(blocks)
            if block:
                key = chance.choice(list(block))
                if chance.random() < 0.3:
                    del block[key]
                else:
                    block[key] = chance.choice(WRONG)


# -- verdicts ------------------------------------------------------------------------------------------------------


def _verdicts(validator: list[str], cases: list[Case]) -> dict[str, Verdict]:
    """What the validator says of each case, asked in two processes."""
    halves = [cases[0::2], cases[1::2]]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda half: _ask(validator, half), halves)
    return {answer["id"]: answer for half in answers for answer in half}


def _ask(validator: list[str], cases: list[Case]) -> list[Verdict]:
    lines = "".join(json.dumps({"id": case["id"], "yaml": case["yaml"]}) + "\n" for case in cases)
    done = subprocess.run(validator, input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _refused(verdict: Verdict) -> bool:
    return bool(verdict["verdict"] != "ok")


def _message(verdict: Verdict) -> str:
    return " | ".join(
        f"{'.'.join(map(str, error['loc']))} {error['type']}: {error['msg'][:110]}" for error in verdict["errors"][:3]
    )


# -- comparison ----------------------------------------------------------------------------------------------------


def _compare(cases: list[Case], verdicts: dict[str, Verdict], options: argparse.Namespace) -> dict[str, float]:
    missed: collections.Counter[str] = collections.Counter()
    false: collections.Counter[str] = collections.Counter()
    shown: list[str] = []
    saved: list[Case] = []
    refused = agreed = total = 0
    for case in cases:
        verdict = verdicts.get(case["id"])
        if verdict is None:
            continue
        total += 1
        errors = _errors(check(case["yaml"]).findings)
        refused += _refused(verdict)
        if _refused(verdict) == bool(errors):
            agreed += 1
            continue
        saved.append({**case, "verdict": verdict["verdict"], "message": _message(verdict)})
        if errors:
            false.update({error.rule for error in errors})
            shown.append(
                f"FALSE  {case['id']}: {[(error.rule, error.message[:70], error.fields) for error in errors[:3]]}"
            )
        else:
            missed[_message(verdict)[:70]] += 1
            shown.append(f"MISSED {case['id']}: {_message(verdict)}")
    for line in shown[: options.show]:
        print(line)
    accepted = total - refused
    print(f"configs {total}, refused by Axolotl {refused} ({refused / max(total, 1):.0%})")
    print(f"agreement of verdicts {agreed / max(total, 1):.4%}")
    alarms = sum(1 for line in shown if line.startswith("FALSE"))
    print(f"false errors {alarms} of {accepted} accepted; by rule {dict(false)}")
    print(f"missed refusals {sum(missed.values())}: {dict(missed.most_common(12))}")
    files = sum(count for message, count in missed.items() if "FileNotFoundError" in message)
    print(f"of them for a file that is not there, which a config cannot tell: {files};", end=" ")
    print(f"agreement on the others {agreed / max(total - files, 1):.4%}")
    if options.save:
        options.save.write_text("".join(json.dumps(case) + "\n" for case in saved), "utf-8")
    return {"agreement": agreed / max(total, 1)}


def _errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


# -- every error by itself -----------------------------------------------------------------------------------------


def _mend(cases: list[Case], verdicts: dict[str, Verdict], options: argparse.Namespace) -> None:
    """With all other errors fixed by removing their fields, Axolotl still has to refuse."""
    probes: list[Case] = []
    for case in cases:
        if len({probe["of"] for probe in probes}) >= options.mend:
            break
        if case["id"] in verdicts and _refused(verdicts[case["id"]]):
            probes.extend(_singles(case))
    answers = _verdicts(options.validator, probes)
    untrue = [probe for probe in probes if probe["id"] in answers and not _refused(answers[probe["id"]])]
    for probe in untrue[: options.show]:
        print(f"UNTRUE {probe['id']}: {probe['rule']} {probe['fields']}")
    print(f"errors tested singly {len(probes)}, not true by themselves {len(untrue)}: ", end="")
    print(dict(collections.Counter(probe["rule"] for probe in untrue)))


def _singles(case: Case) -> Iterator[Case]:
    """For each of several errors the config in which only it is left."""
    errors = _errors(check(case["yaml"]).findings)
    if len(errors) < 2:
        return
    for number, kept in enumerate(errors):
        loaded = yaml.safe_load(case["yaml"])
        protected = {_root(field) for field in kept.fields}
        for other in errors:
            for field in other.fields:
                if other is not kept and _root(field) not in protected and _root(field) in loaded:
                    del loaded[_root(field)]
        for key, value in (("base_model", "a/b"), ("learning_rate", 0.0001), ("datasets", [{"path": "a/b"}])):
            if (
                key not in protected
                and key not in loaded
                and not (key == "datasets" and "pretraining_dataset" in loaded)
            ):
                loaded[key] = value
        text = yaml.safe_dump(loaded, sort_keys=False)
        left = _errors(check(text).findings)
        if len(left) == 1 and left[0].rule == kept.rule:
            identity = f"{case['id']}#{number}"
            yield {"id": identity, "yaml": text, "rule": kept.rule, "fields": kept.fields, "of": case["id"]}


def _root(field: str) -> str:
    return field.split(".")[0].split("[")[0]


if __name__ == "__main__":
    sys.exit(main())
