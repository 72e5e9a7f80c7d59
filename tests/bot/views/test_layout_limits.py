"""Whatever a check finds, the answer stays within Discord's limits, and nothing is silently left out."""

import asyncio
import re

import discord
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answers, Checked, Progress
from bot.jobs import Correction, Picture, Rows
from bot.request import CheckRequest, Sample, Submission
from bot.views.check.answer import answer_layout
from bot.views.check.correction import correction_layout
from bot.views.check.report import page_of
from bot.views.check.sample import proposal_layout, rows_layout
from bot.views.check.share import share_summary
from bot.views.comparison import comparison_layout
from bot.views.diagnosis import diagnosis_layout
from bot.views.explanation import choices_of, explanation_layout
from bot.views.kit import limits
from bot.views.kit.notice import notice
from knowledge import check
from knowledge.catalog import Catalog, Choice
from knowledge.check import Report
from knowledge.compare import Comparison, Effect, FieldChange
from knowledge.diagnosis import Diagnosis, Match, Unknown
from knowledge.explanation import explain
from knowledge.finding import Edit, Finding, Place, Severity
from knowledge.samples import load_kinds
from knowledge.secrets import Secret

# Pieces that break layouts, repeated: quicker to draw than letters one by one, and nastier.
PIECES = [
    "", " ", "\n", "\r", "`", "``", "```", "```yaml\n", "*", "__", "~~", "||", "> ", "# ", "-# ", "[a](b)", "<@1>",
    "😀", "é", "\u200b", "a", "word ", "micro_batch_size: 2", "x" * 101, "line\n" * 30, "`field` ",
    "{", "\t", "\x00", "\u202e",
]  # fmt: skip
TEXT = st.builds(lambda one, two, times: f"{one}{two}" * times, *[st.sampled_from(PIECES)] * 2, st.integers(1, 3))
LONG = st.builds(lambda text, times: text * times, TEXT, st.sampled_from([1, 1, 2, 40]))
NAME = st.sampled_from(
    ["", "a", "lora_r", "datasets[0].type", "x" * 101, "`", "a b", "😀" * 60, "foreign-key", "__init__"]
)
LINE = st.none() | st.integers(1, 10**6)


def _finding(rule, severity, fields, line, message, suggestion, places, mended, row, rows):
    edit = Edit(line=1, column=1, end_line=1, end_column=2, replacement="x") if row else None
    return Finding(
        rule=rule or "rule",
        severity=severity,
        fields=tuple(fields),
        line=line,
        column=line,
        message=message,
        suggestion=suggestion,
        places=tuple(Place(path=path, line=at, column=1, excerpt=words) for path, at, words in places),
        mended=mended,
        source="dataset" if row else "config",
        row=row,
        rows=rows,
        edit=edit,
    )


FINDINGS = st.lists(
    st.builds(
        _finding,
        st.sampled_from(["yaml-tab", "foreign-key", "rule-a", "rule-b"]) | NAME,
        st.sampled_from(Severity),
        st.lists(NAME, max_size=4),
        LINE,
        LONG,
        st.none() | NAME,
        st.lists(st.tuples(NAME, st.integers(1, 10**6), LONG), max_size=6),
        LONG | st.just(""),
        st.none() | st.integers(1, 10**9),
        st.none() | st.integers(1, 10**9),
    ),
    max_size=60,
)
SAMPLE = check("base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nnum_epochs: 3\n")


def _checked(findings, name, text, repairs, notes, muted, reason, progress, secrets):
    findings.sort(key=lambda finding: finding.order)
    report = Report(
        axolotl="0.21.0",
        verdict="refused",
        findings=tuple(findings),
        plan=SAMPLE.plan,
        memory=SAMPLE.memory,
        dataset=None,
        gpus=4,
        keys=12,
        repairs=tuple(repairs),
        silenced=3,
        secrets=(),
        not_checked=("whether the model exists",),
    )
    return Checked(
        request=CheckRequest(
            submission=Submission(name, text, secrets=tuple(secrets)),
            owner=2**63 - 1,
            guild_id=1,
            dataset=Sample(name, b""),
            message=(1, 2),
            public=True,
        ),
        report=report,
        gpus=100_000,
        axolotl="0.21.0",
        notes=tuple(notes),
        muted=dict.fromkeys(muted, reason),
        progress=Progress(name, *progress) if progress else None,
    )


SECRETS = st.lists(
    st.builds(
        Secret, st.sampled_from(["OpenAI key", "AWS key", "password"]), st.just(1), st.just(2), st.integers(1, 99), LONG
    ),
    max_size=9,
)
CHECKED = st.builds(
    _checked,
    FINDINGS,
    LONG,
    LONG,
    st.lists(LONG, max_size=4),
    st.lists(LONG, max_size=4),
    st.lists(st.sampled_from(["rule-a", "rule-b"]), max_size=2),
    LONG,
    st.none() | st.tuples(*[st.integers(0, 10**6)] * 3),
    SECRETS,
)


def fits(view):
    """Everything that Discord would refuse a layout for."""
    texts = [item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert view.total_children_count <= limits.COMPONENTS
    assert sum(len(text.encode("utf-16-le")) // 2 for text in texts) <= limits.TEXT
    assert all(text.strip() for text in texts)
    ids = []
    for item in view.walk_children():
        if isinstance(item, discord.ui.DynamicItem):
            item = item.item
        if isinstance(item, discord.ui.Button):
            assert 0 < len(item.label) <= limits.LABEL
            ids.append(item.custom_id)
        elif isinstance(item, discord.ui.Select):
            assert 0 < len(item.options) <= limits.OPTIONS
            assert len({option.value for option in item.options}) == len(item.options)
            for option in item.options:
                assert 0 < limits.length(option.label) <= limits.OPTION
                assert 0 < limits.length(option.value) <= limits.OPTION
                assert option.description is None or 0 < limits.length(option.description) <= limits.OPTION
            ids.append(item.custom_id)
    assert all(0 < len(custom_id) <= limits.CUSTOM_ID for custom_id in ids)
    assert len(set(ids)) == len(ids)
    assert view.to_components()


def inside(work):
    """Layouts are made where a loop runs, as in the bot."""

    async def run():
        work()

    asyncio.run(run())


@settings(max_examples=40, deadline=None)
@given(CHECKED)
def test_every_page_of_every_answer_fits(checked):
    def work():
        key = Answers(minutes=1).keep(checked)
        pages = page_of(checked, 1).pages
        shown = 0
        for number in range(1, pages + 1):
            view = answer_layout(checked, key, number)
            fits(view)
            page = page_of(checked, number)
            assert page.start == shown, "no finding is left out between two pages"
            shown = page.end
        assert shown == page_of(checked, 1).total
        fits(share_summary(checked, 2**63 - 1))

    inside(work)


@settings(max_examples=25, deadline=None)
@given(CHECKED, LONG, LONG)
def test_corrected_copies_and_notices_fit(checked, diff, text):
    def work():
        import io

        file = discord.File(io.BytesIO(b"x"), "config.corrected.yaml")
        fits(
            correction_layout(
                checked, Correction(text=text, diff=f"@@ -1 +1 @@\n{diff}", mended=3, left=("adapter",)), file
            )
        )
        fits(notice(text or "nothing"))

    inside(work)


MATCH = st.builds(
    Match,
    id=NAME,
    kind=st.just("library"),
    line=st.integers(1, 10**6),
    quote=LONG,
    meaning=LONG,
    causes=st.lists(LONG, max_size=6).map(tuple),
    cure=LONG | st.just("do this\n```yaml\na: 1\n```"),
    fields=st.lists(NAME, max_size=9).map(tuple),
    rules=st.lists(NAME, max_size=9).map(tuple),
    concepts=st.lists(NAME, max_size=9).map(tuple),
    harmless=st.booleans(),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(MATCH, max_size=8),
    FINDINGS,
    st.none() | st.builds(Unknown, quote=LONG, send=LONG),
    st.lists(LONG, max_size=3),
    SECRETS,
)
def test_diagnoses_fit(matches, findings, unknown, notes, secrets):
    found = Diagnosis(axolotl="0.21.0", matches=tuple(matches), findings=tuple(findings), unknown=unknown)
    inside(lambda: fits(diagnosis_layout(found, 2**63 - 1, notes=notes, secrets=secrets, public=True)))


def test_longest_diagnosis_fits_and_counts_what_it_leaves_out():
    long = "words that go on " * 100
    match = Match(
        id="a", kind="library", line=10**6, quote=long, meaning=long, causes=(long,) * 6, cure=f"{long}\n```yaml\na: 1",
        fields=(), rules=(), concepts=(), harmless=False,
    )  # fmt: skip
    finding = _finding("rule", Severity.ERROR, ["lora_r"], 1, long, None, [], long, None, None)
    found = Diagnosis(
        axolotl="0.21.0",
        matches=(match,) * 8,
        findings=(finding,) * 8,
        unknown=Unknown(quote=long, send="line\n" * 400),
    )
    secrets = [Secret(f"kind {number}", 1, 2, 1, long) for number in range(9)]

    def work():
        view = diagnosis_layout(found, 1, notes=[long] * 3, secrets=secrets, public=True)
        fits(view)
        texts = [item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
        assert any("Secret found" in text for text in texts)
        assert any("`/checkconfig` shows all" in text for text in texts)
        assert all(text.count("```") % 2 == 0 for text in texts)

    inside(work)


@settings(max_examples=25, deadline=None)
@given(
    LONG,
    st.builds(
        Rows,
        block=st.none() | LONG,
        words=LONG.map(lambda text: text[:300]),
        conversion=st.just("") | LONG,
        lines=st.lists(LONG.filter(str.strip), max_size=3).map(tuple),
        mask=LONG.map(lambda text: limits.block(text, "text", 1500)) | st.just(""),
        picture=st.none() | st.builds(Picture, png=st.just(b"x"), alt=LONG),
    ),
    SECRETS,
)
def test_rows_fit(name, rows, secrets):
    def work():
        fits(rows_layout(name, rows)[0])
        fits(proposal_layout(name, rows, secrets)[0])

    inside(work)


CHANGE = st.builds(
    FieldChange,
    path=NAME,
    before=st.none() | LONG,
    after=st.none() | LONG,
    line_before=LINE,
    line_after=LINE,
    reads_same=st.booleans(),
    meaning=LONG,
)
EFFECT = st.builds(Effect, name=LONG, before=st.none() | LONG, after=st.none() | LONG, note=LONG)


@settings(max_examples=25, deadline=None)
@given(st.lists(CHANGE, max_size=60), st.lists(EFFECT, max_size=12), FINDINGS, FINDINGS, LONG)
def test_comparisons_fit(changes, effects, new, gone, name):
    found = Comparison(
        gpus_before=1,
        gpus_after=4,
        changes=tuple(changes),
        effects=tuple(effects),
        new_findings=tuple(new),
        gone_findings=tuple(gone),
        verdict_before="fails",
        verdict_after="refused",
        reasons_before=1,
        reasons_after=2,
    )
    inside(lambda: fits(comparison_layout(found, name, name, 2**63 - 1)))


def test_every_explanation_fits():
    catalog = Catalog.load()
    names = [
        *catalog.fields,
        *catalog.concepts,
        *(f"type: {name}" for kind in load_kinds() for name in kind.names),
        "foreign-key",
        "yaml-tab",
        "qlora-in-8bit",
        "no such thing",
        "a`b" * 60,
    ]

    def work():
        for name in names:
            fits(explanation_layout(explain(name), 2**63 - 1))

    inside(work)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.builds(Choice, name=LONG, value=NAME), max_size=40))
def test_choices_fit(choices):
    found = choices_of(choices)
    assert len(found) <= limits.OPTIONS
    assert all(0 < limits.length(each.name) <= limits.OPTION for each in found)
    assert all(0 < limits.length(each.value) <= limits.OPTION for each in found)


@settings(max_examples=100, deadline=None)
@given(LONG, st.integers(2, 400))
def test_cutting_keeps_the_limit_and_says_so(text, limit):
    short = limits.cut(text, limit)
    assert limits.length(short) <= limit
    assert short == text or short.endswith("…")
    assert limits.length(limits.one_line(text, limit)) <= limit
    assert "\n" not in limits.one_line(text, limit)


@settings(max_examples=100, deadline=None)
@given(LONG)
def test_code_cannot_be_left(text):
    shown = limits.code(text)
    ticks = re.match(r"`+", shown)[0]
    assert shown.endswith(ticks)
    assert ticks not in shown[len(ticks) : -len(ticks)]
    block = limits.block(text, "yaml", 500)
    assert block.startswith("```yaml\n")
    assert block.endswith("\n```\n")
    assert block.count("```") == 2
    assert limits.length(block) <= 520


def test_a_picture_letter_costs_a_text_none_of_its_end() -> None:
    (shown,) = (item.content for item in notice("Click 🔎 🔎 to see it").walk_children() if hasattr(item, "content"))
    assert shown.endswith("to see it")
