"""Chat templates run as transformers runs them, and as the hostile input that a template from elsewhere may be.

A template is a program. Jinja's own sandbox keeps it from the interpreter; what is added here keeps it from taking
time and memory without end: every turn of a loop and every call is counted, and what makes large values out of small
ones (`*`, `~`, `ljust`, lists of lists) is refused beyond a size. The templates that ship with Axolotl are not counted.
"""

from __future__ import annotations

import json
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from importlib import resources
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jinja2 import FunctionLoader, Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.visitor import NodeTransformer

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2.parser import Parser

SECONDS = 0.5
"""A rendering takes at most as long."""
STEPS = 200_000
"""Turns of loops and calls in one rendering."""
MOST_CHARACTERS = 4_000_000
"""Characters that one rendering may print, and the longest text that it may build."""
TEXT_LIMIT = 60_000
"""Characters of a template; the longest published ones have about 20,000."""
_ITEMS = 200_000
_NUMBER = 10_000
_PRODUCT = 64_000_000
_BITS = 4_096
_CHAIN = 50
"""Keys of keys of a variable that are followed."""
_WIDE = re.compile(r"\d{5,}|\*")

FAILURES = (
    TemplateError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RuntimeError,
    MemoryError,
)
"""What a template can raise while it runs."""


class Refused(Exception):
    """A template gives no text; the message says why.

    Attributes:
        stopped: the template was stopped by the limits here, so that Axolotl itself may well render it.
    """

    def __init__(self, message: str, *, stopped: bool = False) -> None:
        super().__init__(message)
        self.stopped = stopped


class _TooMuch(Exception):
    """A template takes more than a rendering may; no template can catch it."""


@dataclass(slots=True)
class _Budget:
    steps: int
    characters: int
    until: float

    def spend(self, steps: int) -> bool:
        """Count turns of a loop or a call; True, so that it can stand in a condition."""
        self.steps -= steps
        if self.steps < 0 or time.perf_counter() > self.until:
            raise _TooMuch("it takes too many steps or too long")
        return True


_REST = 10.0
"""Seconds in which a template that was stopped is not tried again: one check tries many changes of a config."""

_stopped: WeakKeyDictionary[Template, float] = WeakKeyDictionary()
_budget: ContextVar[_Budget] = ContextVar("_budget")


class _Generation(Extension):
    """The tag that marks what an assistant says; its body is printed."""

    tags = {"generation"}  # noqa: RUF012 - jinja's own attribute

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body alone."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _refuse(message: Any = "") -> None:
    raise TemplateError(str(message))


def _now(form: str) -> str:
    return datetime.now().strftime(form)  # noqa: DTZ005 - the local date, as transformers prints it


def _to_json(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 - the filter's signature
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja as transformers sets it up."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols], **options)
        self.filters["tojson"] = _to_json
        self.globals["raise_exception"] = _refuse
        self.globals["strftime_now"] = _now


class _Counted(NodeTransformer):
    """Puts the count into every loop and macro, and a limit on what joins or holds other values."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        self.generic_visit(node)
        if node.test is not None:
            node.test = nodes.And(_spending(1), node.test)
        node.body.insert(0, nodes.ExprStmt(_spending(_weight(node))))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Macro:  # noqa: N802
        self.generic_visit(node)
        node.body.insert(0, nodes.ExprStmt(_spending(_weight(node))))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes), "joined_within_limits")

    def _literal(self, node: Any) -> Any:
        self.generic_visit(node)
        return _filtered(node, "within_limits") if getattr(node, "ctx", "load") == "load" and node.items else node

    visit_List = visit_Dict = visit_Tuple = _literal  # noqa: N815


def _filtered(node: nodes.Expr, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None)


def _spending(steps: int) -> nodes.Filter:
    return _filtered(nodes.Const(steps), "spend")


def _weight(node: nodes.Node) -> int:
    """Steps of one turn: text that is printed counts by its length."""
    return 1 + sum(len(data.data) for data in node.find_all(nodes.TemplateData)) // 200


class _Guarded(_Environment):
    """Jinja for templates from elsewhere."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self) -> None:
        super().__init__(finalize=_printed)
        self.globals.pop("lipsum")
        for name in ("wordwrap", "urlize", "xmlattr"):
            self.filters.pop(name)
        for name in _GROWING:
            self.filters[name] = _within_limits(self.filters[name])
        self.filters |= {
            "format": _formatted,
            "spend": lambda steps: _budget.get().spend(steps),
            "within_limits": _sized,
            "joined_within_limits": _joined,
        }

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed: nodes.Template = _Counted().visit(super()._parse(source, name, filename))
        parsed.set_environment(self)
        return parsed

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operator that may build something large."""
        if operator == "*" and (_length(left) or _length(right)):
            _fits((_length(left) or int(left)) * (_length(right) or int(right)))
        elif operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
            _fits_bits(left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length())
        elif operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise _TooMuch("a format is too wide")
        elif operator == "+":
            _fits(_length(left) + _length(right))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __function: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as jinja has it
        """A call, counted; with arguments that cannot build something large."""
        _budget.get().spend(1)
        if __function is not safe_range:
            owner = getattr(__function, "__self__", None)
            if isinstance(owner, str) and getattr(__function, "__name__", "") == "translate":
                raise _TooMuch("it calls `translate`")
            _check_arguments(_length(owner), (*args, *kwargs.values()))
        return super().call(__context, __function, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Any:
        """The `format` of a text, unless what stands in its braces is too wide."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None and _WIDE.search(value.__self__):
            raise _TooMuch("a format is too wide")
        return wrapped


_GROWING = (
    "batch",
    "center",
    "filesizeformat",
    "groupby",
    "indent",
    "join",
    "pprint",
    "replace",
    "round",
    "slice",
    "string",
    "tojson",
    "truncate",
    "urlencode",
)
"""Filters whose result can be larger than what they are given."""


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, tuple, dict, bytes)) else 0


def _fits(size: int) -> None:
    if size > MOST_CHARACTERS:
        raise _TooMuch("it builds a text or list that is too long")


def _fits_bits(bits: int) -> None:
    if bits > _BITS:
        raise _TooMuch("it computes with numbers that are too large")


def _check_arguments(length: int, arguments: tuple[Any, ...]) -> None:
    longest = 1
    for each in arguments:
        if isinstance(each, int) and abs(each) > _NUMBER:
            raise _TooMuch(f"a call with a number beyond {_NUMBER:,}")
        longest = max(longest, abs(each) if isinstance(each, int) else _length(each))
    if length * longest > _PRODUCT:
        raise _TooMuch("it builds a text that is too long")


def _within_limits(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is given only what it can make something of reasonable size from."""

    @wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        plain = [each for each in (*args, *kwargs.values()) if isinstance(each, (str, int, list, tuple, dict))]
        for each in plain:
            _sized(each)
        _check_arguments(_length(plain[0]) if plain else 0, tuple(plain[1:]))
        return function(*args, **kwargs)

    return limited


def _formatted(value: Any, *args: Any, **kwargs: Any) -> str:
    if _WIDE.search(str(value)):
        raise _TooMuch("a format is too wide")
    return str(value) % (kwargs or args)


def _sized(value: Any) -> Any:
    """A value, if what it holds is not too much; what stands in it twice counts twice."""
    left, open_values = _ITEMS, [value]
    while open_values:
        each = open_values.pop()
        if isinstance(each, (list, tuple, dict)):
            left -= len(each)
            if left < 0:
                raise _TooMuch("it builds a list that is too long")
            open_values += each.values() if isinstance(each, dict) else each
        elif isinstance(each, str):
            left -= len(each) // 100
    return value


def _joined(values: list[Any]) -> str:
    texts = [each if isinstance(each, str) else str(_sized(each)) for each in values]
    _fits(sum(map(len, texts)))
    return "".join(texts)


def _printed(value: Any) -> Any:
    """What stands between double braces, counted against what may be printed."""
    text = value if isinstance(value, str) else str(_sized(value))
    budget = _budget.get(None)
    if budget is not None:
        budget.characters -= len(text)
        if budget.characters < 0:
            raise _TooMuch("it prints too much")
    return text


@lru_cache(maxsize=1)
def _guarded() -> _Guarded:
    return _Guarded()


@lru_cache(maxsize=1)
def _own() -> _Environment:
    folder = resources.files("knowledge.samples") / "chat_templates"
    return _Environment(loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")))


@lru_cache(maxsize=64)
def named_template(name: str) -> Template:
    """One of the templates that ship with Axolotl."""
    return _own().get_template(f"{name}.jinja")


@lru_cache(maxsize=16)
def written_template(text: str) -> Template:
    """A template from elsewhere.

    Raises:
        Refused: it is too long, too deeply nested, or not a template; in one sentence.
    """
    if len(text) > TEXT_LIMIT:
        raise Refused(f"the template has more than {TEXT_LIMIT:,} characters", stopped=True)
    token = _budget.set(_Budget(STEPS, MOST_CHARACTERS, time.perf_counter() + SECONDS))
    try:
        return _guarded().from_string(text)
    except _TooMuch as error:
        raise Refused(str(error)) from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise Refused("the template is nested too deeply") from error
    except FAILURES as error:
        raise Refused(str(error)) from error
    finally:
        _budget.reset(token)


def message_keys(text: str) -> frozenset[str]:
    """The keys of a message that Axolotl hands to a template with the mapped ones.

    They are what the template reads from a variable that is named `message`; of one named otherwise they are lost.
    """
    if len(text) > TEXT_LIMIT:
        return frozenset()
    try:
        parsed = _own().parse(text)
        found: list[nodes.Getattr | nodes.Getitem] = list(parsed.find_all((nodes.Getattr, nodes.Getitem)))
    except (TemplateError, RecursionError):
        return frozenset()
    keys = set()
    for node in found:
        key = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        base: nodes.Node = node.node
        for _ in range(_CHAIN):
            if not isinstance(base, (nodes.Getattr, nodes.Getitem)):
                break
            base = base.node
        if isinstance(key, str) and isinstance(base, nodes.Name) and base.name == "message":
            keys.add(key)
    return frozenset(keys)


def render(template: Template, variables: dict[str, Any], seconds: float = SECONDS) -> str:
    """Run a template.

    Args:
        template: From `named_template` or `written_template`.
        variables: What it may read, such as `messages`.
        seconds: How long it may take.

    Raises:
        Refused: it raises, or takes more than it may; in one sentence.
    """
    if time.monotonic() < _stopped.get(template, 0.0):
        raise Refused("the template was stopped a moment ago", stopped=True)
    token = _budget.set(_Budget(STEPS, MOST_CHARACTERS, time.perf_counter() + seconds))
    try:
        return template.render(variables)
    except _TooMuch as error:
        _stopped[template] = time.monotonic() + _REST
        raise Refused(f"the template was stopped: {error}", stopped=True) from error
    except RecursionError as error:
        raise Refused("the template calls itself without end") from error
    except FAILURES as error:
        raise Refused(str(error) or type(error).__name__) from error
    finally:
        _budget.reset(token)
