"""What a diagnosis says: matches, the error itself, versions, memory, and what stayed unknown."""

from __future__ import annotations

from typing import Literal

from knowledge.diagnosis.progress import Progress
from knowledge.finding import Finding
from knowledge.value import field, value
from knowledge.versions import Versions

Kind = Literal["axolotl", "library", "environment"]


@value
class Match:
    """One explanation of something that stands in the text.

    Attributes:
        id: Name of the known error, or of the rule whose refusal it is.
        kind: Who says it: Axolotl, a library below it, or the machine.
        line: Line of the text, from 1.
        lines: All lines that it rests on.
        quote: What stands there, secrets and user names masked.
        meaning: One sentence: what it means.
        causes: Why it happens, likeliest first, each with what tells it apart.
        cure: What to change, in Markdown, with the lines to copy.
        fields: Axolotl fields that it concerns.
        rules: Rules of the config check that look at the same fault.
        concepts: Ideas whose explanation helps.
        faq: Entries of the starter FAQ that go deeper.
        fixed_in: Axolotl version that no longer has it, where it was a bug.
        harmless: True for a notice that means nothing.
        conclusive: False where the text only shows that something failed, not what.
    """

    id: str
    kind: Kind
    line: int
    lines: tuple[int, ...] = ()
    quote: str
    meaning: str
    causes: tuple[str, ...] = ()
    cure: str
    fields: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    faq: tuple[str, ...] = ()
    fixed_in: str | None = None
    harmless: bool = False
    conclusive: bool = True


@value
class Raised:
    """The exception that counts: the root one of the last traceback.

    Attributes:
        type: Its class as it was printed.
        message: Its text, masked, shortened.
        line: Line of the text, from 1.
        rank: Process that printed it, where the log says so.
        file: The frame that tells most, from the package on ("axolotl/train.py").
        file_line: Line in that file.
        function: Function of that frame.
    """

    type: str
    message: str
    line: int
    rank: int | None = None
    file: str | None = None
    file_line: int | None = None
    function: str | None = None


@value
class GpuMemory:
    """The numbers of an out-of-memory message, in GiB, and what they mean together."""

    tried: float | None = None
    total: float | None = None
    free: float | None = None
    allocated: float | None = None
    reserved: float | None = None
    explanation: str = ""


@value
class Follow:
    """Something in the log that only follows from the failure: its line, its words, what it means."""

    line: int
    quote: str
    meaning: str


@value
class Unknown:
    """What could not be told.

    Attributes:
        line: Line that matters, from 1.
        quote: What stands there.
        recognized: What the log tells all the same: phase, exception and frame, versions, GPU; a sentence each.
        nearest: Meanings of the known errors that resemble it most; none of them is this one for sure.
        send: What to send next.
    """

    line: int | None = None
    quote: str = ""
    recognized: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    send: str


@value
class Diagnosis:
    """What a pasted text says about a run.

    Attributes:
        axolotl: The Axolotl version that the answers speak for.
        failed: Whether anything failed; without a failure there is no match, except for what was asked about.
        stopped: Whether an exception or a fatal line ended the run; False too where only its numbers are lost.
        happened: What happened, in a sentence: the answer begins with it. Empty where the text tells nothing of it.
        matches: Explanations, best first; harmless notices last.
        warnings: What the warnings of a run mean in which nothing failed.
        follows: What only follows from the failure: the launcher's report, broken connections.
        versions: Package versions that the text shows ("axolotl" -> "0.12.2").
        installed: What Axolotl printed of installed versions, where something does not fit the release.
        config_found: Whether the text itself holds a config.
        findings: What a check of that config, or of the one given with the text, says; lines count from its first.
        error: The exception that counts, where there is one.
        gpu: The memory numbers of an out-of-memory message.
        phase: What the run was doing ("loading the model", "evaluating", ...), where the text shows it.
        progress: How far it came.
        step: Optimizer step at which the text ends, and how many there were to be.
        unknown: None when a match explains the failure, or nothing failed.
    """

    axolotl: str
    failed: bool = False
    stopped: bool = False
    happened: str = ""
    matches: tuple[Match, ...] = ()
    warnings: tuple[Match, ...] = ()
    follows: tuple[Follow, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    installed: Versions | None = None
    config_found: bool = False
    findings: tuple[Finding, ...] = ()
    error: Raised | None = None
    gpu: GpuMemory | None = None
    phase: str | None = None
    progress: Progress = field(default_factory=Progress)
    step: int | None = None
    total_steps: int | None = None
    unknown: Unknown | None = None
