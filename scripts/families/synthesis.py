"""From sampled models of a family to its facts: the modules, their shapes and when they exist, the keys' defaults."""

from __future__ import annotations

import ast
import itertools
import re
from typing import Any, NamedTuple

from scripts.families.conditions import Point, condition, value_at

_DIMENSIONS = frozenset(
    re.findall(
        r"\S+",
        """
        hidden_size num_hidden_layers num_attention_heads num_key_value_heads head_dim intermediate_size vocab_size
        tie_word_embeddings max_position_embeddings num_experts_per_tok moe_intermediate_size n_positions n_head
        """,
    )
)
_MOST = 40


class Unexplained(ValueError):
    """No expression was found that gives what the samples show."""


class _Tensor(NamedTuple):
    shape: list[int]
    expressions: list[str | None]
    kind: str


class _Sample:
    """One sampled model, its tensors by their pattern: the name with `#` for the places in lists."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.keys = {key: value for key, (value, _) in row["keys"].items()}
        inside = tuple(f"{place}." for place, _ in row["nested"].values())
        self.lists = {name: each for name, each in row["lists"].items() if not f"{name}.".startswith(inside or "\0")}
        self.tensors: dict[str, dict[tuple[int, ...], _Tensor]] = {}
        for name, shape, expressions, kind in row["tensors"]:
            if not name.startswith(inside or "\0"):
                pattern, places = self.pattern(name)
                tensor = _Tensor(shape, expressions or [None] * len(shape), kind)
                self.tensors.setdefault(pattern, {})[places] = tensor

    def pattern(self, name: str) -> tuple[str, tuple[int, ...]]:
        """A name's pattern and its places."""
        parts, places = name.split("."), []
        for depth, part in enumerate(name.split(".")):
            if part.isdigit() and ".".join(name.split(".")[:depth]) in self.lists:
                places.append(int(part))
                parts[depth] = "#"
        return ".".join(parts), tuple(places)

    def gives(self, key: str) -> bool:
        """Whether the key was given."""
        return self.given(key, absent=self) is not self

    def given(self, key: str, absent: Any = None) -> Any:
        """What was given for the key, or `absent`."""
        place = self.row["given"]
        for part in key.split("."):
            if not isinstance(place, dict) or part not in place:
                return absent
            place = place[part]
        return place


class Synthesis:
    """The facts of one family."""

    def __init__(self, family: str, rows: list[dict[str, Any]]) -> None:
        """Take the samples.

        Args:
            family: Its name.
            rows: As scripts/families/sampling.py writes them; the first has the class's defaults.
        """
        self._family = family
        self._samples = [_Sample(row) for row in rows]
        self._used: set[str] = set()
        shapes = (tensor for s in self._samples for places in s.tensors.values() for tensor in places.values())
        self._pool = list(dict.fromkeys(e for t in shapes for e in t.expressions if e and "[" not in e))

    def facts(self) -> dict[str, Any]:
        """The facts, as knowledge/parameters/blueprint.py reads them.

        Raises:
            Unexplained: The samples do not show how a shape or a condition comes about.
        """
        first = self._samples[0].row
        lists = self._lists()
        modules: dict[str, list[str]] = {}
        for pattern in dict.fromkeys(pattern for sample in self._samples for pattern in sample.tensors):
            stem, _, last = pattern.rpartition(".")
            row = self._tensor(pattern, lists)
            if last == "bias" and stem in modules and modules[stem][3] == row[3]:
                modules[stem][5] = row[2]
            else:
                modules[stem if last == "weight" else pattern] = [stem if last == "weight" else pattern, *row[1:]]
        keys = self._defaults()
        facts = {
            "class": first["class"],
            "prefix": first["prefix"],
            "keys": keys,
            "also": {other: key for other, key in first["aliases"].items() if key in keys},
            "lists": {stem: list(each) for stem, each in lists.items()},
            "modules": [_short(row) for row in modules.values()],
            "nested": [[place, kind, key] for key, (place, kind) in first["nested"].items()],
        }
        refusals = [s.row["peft"].get("refused", "") for s in self._samples if "peft" in s.row]
        if refusals and all(refusals):
            facts["refused"] = refused_module(refusals[0], first["linear"])
        if converts := first.get("converts"):
            facts["converts"] = converts
        return {key: value for key, value in facts.items() if value}

    def _lists(self) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        for stem in sorted({stem for s in self._samples for stem in s.lists if not re.search(r"\.\d+(\.|$)", stem)}):
            having = [sample for sample in self._samples if stem in sample.lists]
            points = [Point(sample.keys, 0) for sample in having]
            counts = [sample.lists[stem][0] for sample in having]
            found[stem] = (self._value(points, counts, [None] * len(points), None), having[0].lists[stem][1])
        return found

    def _tensor(self, pattern: str, lists: dict[str, tuple[str, str]]) -> list[str]:
        """Pattern, kind, condition, rows, columns, bias and copies."""
        layered = "#" in pattern
        stem = pattern.partition(".#")[0]
        count = lists[stem][0] if layered else None
        points: list[Point] = []
        tensors: list[list[_Tensor]] = []
        for sample in self._samples:
            places = sample.tensors.get(pattern, {})
            for index in range(sample.lists.get(stem, [0])[0] if layered else 1):
                points.append(Point(sample.keys, index))
                tensors.append([tensor for place, tensor in places.items() if not layered or place[0] == index])
        when = condition(points, [bool(each) for each in tensors], count)
        if when is None:
            raise Unexplained(f"when {pattern} exists")
        self._note(when)
        present = [(point, each) for point, each in zip(points, tensors, strict=True) if each]
        at = [point for point, _ in present]
        dimensions = []
        for axis in range(len(present[0][1][0].shape)):
            values = [each[0].shape[axis] for _, each in present]
            expressions = [each[0].expressions[axis] for _, each in present]
            dimensions.append(self._value(at, values, expressions, count))
        copies = self._value(at, [len(each) for _, each in present], [None] * len(present), count)
        kind = present[0][1][0].kind
        if kind == "experts":
            copies, *dimensions = dimensions
        wide = [each for each in dimensions[1:] if each != "1"]
        columns = " * ".join(f"({each})" if len(wide) > 1 or " " in each else each for each in wide) or "1"
        return [pattern, kind, when, dimensions[0] if dimensions else "1", columns, "False", copies]

    def _value(self, points: list[Point], values: list[Any], given: list[str | None], count: str | None) -> str:
        """An expression that gives every value at its point, from what the samples remember or by trial."""

        def fits(expression: str) -> bool:
            return all(value_at(expression, point) == value for point, value in zip(points, values, strict=True))

        own = [e.replace(f"[{p.layer}]", "[i]") if count and e else e for p, e in zip(points, given, strict=True)]
        remembered = [tidy(each) for each in dict.fromkeys(own) if each]
        whole = [key for key in points[0].keys if all(type(point.keys.get(key)) is int for point in points)]
        lists = [key for key in points[0].keys if all(isinstance(point.keys.get(key), list) for point in points)]
        tried = [*remembered, *([repr(values[0])] if len(set(map(str, values))) == 1 else [])]
        tried += sorted([*map(tidy, self._pool), *whole], key=lambda each: ("layer" not in each, len(each)))
        tried += [f"len({key})" for key in lists] + [f"{key}[i]" for key in lists if count]
        tried += [f"{a} {sign} {b}" for a, b in itertools.permutations(whole, 2) for sign in ("*", "//", "+", "-")]
        found = next((each for each in tried if fits(each)), None) or self._split(points, values, remembered, count)
        if found is None:
            raise Unexplained(f"values such as {values[0]}, from {remembered[:3]}")
        self._note(found)
        return found

    def _split(self, points: list[Point], values: list[Any], choices: list[str], count: str | None) -> str | None:
        """One expression under a condition, and another else."""
        for first, second in itertools.permutations([*choices, *self._pool][:_MOST], 2):
            one = [value_at(first, point) == value for point, value in zip(points, values, strict=True)]
            two = [value_at(second, point) == value for point, value in zip(points, values, strict=True)]
            if not any(one) or not all(a or b for a, b in zip(one, two, strict=True)):
                continue
            apart = [place for place in range(len(points)) if one[place] != two[place]]
            when = condition([points[place] for place in apart], [one[place] for place in apart], count)
            if when is not None:
                return f"({first}) if {when} else ({second})"
        return None

    def _note(self, expression: str) -> None:
        """Remember the keys of an expression."""
        for node in ast.walk(ast.parse(expression, mode="eval")):
            if isinstance(node, (ast.Name, ast.Attribute)):
                self._used.add(ast.unparse(node))

    def _defaults(self) -> dict[str, Any]:
        known = set().union(*(sample.keys for sample in self._samples))
        self._used |= {key for key in known if key.rpartition(".")[2] in _DIMENSIONS}
        found: dict[str, Any] = {}
        while missing := sorted((self._used & known) - found.keys()):
            found[missing[0]] = self._default(missing[0])
        return found

    def _default(self, key: str) -> Any:
        """A key's default: a value, or the rule by which the class computes it."""
        having = [sample for sample in self._samples if key in sample.keys]
        default = having[0].keys[key]
        absent = [sample for sample in having if not sample.gives(key)]
        values = [sample.keys[key] for sample in absent]
        if any(isinstance(value, list) for value in values):
            return self._default_list(key, absent)
        nulled = [sample for sample in having if sample.gives(key) and sample.keys[key] is not None]
        nulled = [sample for sample in nulled if sample.given(key) is None]
        if nulled and not absent:
            return ["null", default, self._rule(key, nulled)]
        if not absent or all(value == default for value in values):
            return default
        return ["=", self._rule(key, absent)]

    def _rule(self, key: str, samples: list[_Sample]) -> str:
        """How the class computes a key from the others."""
        expressions = [sample.row["keys"][key][1] for sample in samples]
        points = [Point({k: v for k, v in sample.keys.items() if k != key}, 0) for sample in samples]
        return self._value(points, [sample.keys[key] for sample in samples], expressions, None)

    def _default_list(self, key: str, absent: list[_Sample]) -> Any:
        values = [sample.keys[key] for sample in absent]
        if all(value == values[0] for value in values):
            return values[0]
        counts = [k for k in absent[0].keys if all(s.keys.get(k) == len(s.keys[key]) for s in absent)]
        if not counts:
            raise Unexplained(f"the length of {key}")
        keys = [{k: v for k, v in sample.keys.items() if not isinstance(v, list)} for sample in absent]
        points = [Point(each, index) for each, value in zip(keys, values, strict=True) for index in range(len(value))]
        items = [item for value in values for item in value]
        *kinds, rule = dict.fromkeys(items)
        rule = repr(rule)
        for kind in kinds:
            when = condition(points, [item == kind for item in items], counts[0])
            if when is None:
                raise Unexplained(f"the default of {key}")
            self._note(when)
            rule = f"{kind!r} if {when} else {rule}"
        self._note(counts[0])
        return ["each", rule, counts[0]]


def _short(row: list[str]) -> list[str]:
    """The row without what is told by leaving it out."""
    return row[:5] if row[5:] == ["False", "1"] else row[:6] if row[6:] == ["1"] else row


def refused_module(message: str, linear: list[str]) -> str:
    """The module at which PEFT refuses, from its message."""
    if named := re.search(r"Module '(\w+)' is incompatible", message):
        return named[1]
    if blamed := re.search(r"Target module (\w+)\(", message):
        return next((name for name in linear if name.isdigit()), blamed[1])
    return "nothing"


def tidy(expression: str) -> str:
    """The expression without needless parts: times 1, divided by itself, plus 0."""
    return ast.unparse(ast.fix_missing_locations(_Tidy().visit(ast.parse(expression, mode="eval"))))


class _Tidy(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        right = node.right.value if isinstance(node.right, ast.Constant) else None
        if isinstance(node.op, ast.FloorDiv) and ast.dump(node.left) == ast.dump(node.right):
            return ast.Constant(1)
        times = isinstance(node.op, (ast.FloorDiv, ast.Mult)) and right == 1
        plus = isinstance(node.op, (ast.Add, ast.Sub)) and right == 0
        return node.left if times or plus else node
