"""A corrected copy: the faults fixed, every other byte as it was."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.check import check
from knowledge.finding import Edit, Finding, Severity
from knowledge.fixes import corrected, diff

LINES = st.lists(
    st.sampled_from(
        [
            *("base_model: a/b", "learning_rate: 1e-4", "lora_rr: 8  # rank", "max_seq_length: 2048", "adapter: lora"),
            *("datasets:", "  - path: x", "    type: alpaca", "      type: alpaca", "    tpe: alpaca", "   - path: y"),
            *("save_strategy: no", "eval_strategy: off   # none", "\tbf16: true", "seed:1", "output_dir: 'open"),
            *("", "# ünïcode — and a comment", "\u00a0tf32: true", "fsdp_config:", "  reshard_after_fwd: true"),
            *("hub_token: hf_abcdefghijklmnopqrstuvwxyz0123456789", "num_epochs: [1", "warmup_ratios: 0.1"),
        ]
    ),
    max_size=14,
)


def finding(edit: Edit) -> Finding:
    return Finding(rule="x", severity=Severity.ERROR, message="m", edit=edit)


def edit(line: int, column: int, end_line: int, end_column: int, replacement: str) -> Edit:
    return Edit(line=line, column=column, end_line=end_line, end_column=end_column, replacement=replacement)


@settings(max_examples=150, deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_nothing_but_the_edited_spans_differs(lines: list[str], end: str, closed: bool) -> None:
    text = end.join(lines) + end * closed
    findings = check(text).findings
    mended = corrected(text, findings)
    edits = [each.edit for each in findings if each.edit]
    touched = {number for each in edits for number in range(each.line, each.end_line + 1)}
    untouched = [line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in touched]
    left = iter(mended.splitlines(keepends=True))
    assert all(line in left for line in untouched), "an untouched line is gone, changed or moved"
    if not edits:
        assert mended == text


OPEN = "output_dir: 'open"


@settings(max_examples=100, deadline=None)
@given(LINES)
@example(["  - path: x", OPEN, "base_model: a/b", OPEN, OPEN, "datasets:", OPEN])
@example(["base_model: a/b", "  - path: x", "  - path: x", OPEN, "  - path: x", OPEN, OPEN, OPEN])
def test_correcting_comes_to_an_end(lines: list[str]) -> None:
    text = "\n".join(lines)
    for _ in range(12):
        before, text = text, corrected(text, check(text).findings)
        if text == before:
            return
    raise AssertionError(f"still changing: {text!r}")


def test_edits_that_overlap_are_done_once() -> None:
    findings = [finding(edit(1, 1, 1, 4, "abcd")), finding(edit(1, 2, 1, 3, "X")), finding(edit(2, 1, 2, 1, "> "))]
    assert corrected("one\ntwo\n", findings) == "abcd\n> two\n"


def test_positions_count_over_every_kind_of_line_end() -> None:
    findings = [finding(edit(2, 1, 2, 2, "B")), finding(edit(3, 1, 3, 2, "C"))]
    assert corrected("a\r\nb\rc\n", findings) == "a\r\nB\rC\n"


def test_a_diff_names_the_file_and_is_empty_where_nothing_changed() -> None:
    assert diff("a\n", "a\n") == ""
    told = diff("a: 1\nb: 2\n", "a: 1\nc: 2\n", "run.yaml")
    assert told.startswith("--- run.yaml\n+++ run.yaml (corrected)\n")
    assert "-b: 2\n+c: 2\n" in told


def test_the_line_of_a_secret_is_left_alone() -> None:
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD"
    text = f"base_model: a\nlora_rr: 8 # {secret}\nlora_alfa: 16\n"
    assert corrected(text, check(text).findings) == text.replace("lora_alfa", "lora_alpha")
