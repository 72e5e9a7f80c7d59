"""Thousands of small cases as a few tests: a failure still names every case that fails."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FAILURES = (Exception, pytest.fail.Exception)


def over(cases: Iterable[Any], *, parts: int = 4) -> Callable[[Callable[[Any], None]], Callable[[int], None]]:
    """Let a test of one case run over many of them, in parts that can run beside each other.

    A test of its own costs more time than most cases take. Every case is tried, whatever fails before it.

    Args:
        cases: What the test takes; a case is named by its `id` if it has one, and by its words otherwise.
        parts: How many tests they become.
    """
    listed = list(cases)

    def made(test: Callable[[Any], None]) -> Callable[[int], None]:
        @functools.wraps(test)
        def run(part: int) -> None:
            failed: dict[str, BaseException] = {}
            for case in listed[part::parts]:
                try:
                    test(case)
                except _FAILURES as error:
                    error.add_note(f"The case is {name_of(case)}.")
                    failed[name_of(case)] = error
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} cases fail: {', '.join(failed)}", list(failed.values()))

        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter("part", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        )
        return pytest.mark.parametrize("part", range(min(parts, len(listed))))(run)

    return made


def name_of(case: Any) -> str:
    """What a failure calls a case."""
    name = case.get("id") if isinstance(case, dict) else getattr(case, "id", None)
    return str(name or case)
