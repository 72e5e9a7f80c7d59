"""What becomes of the rows by their length: dropped, cut or refused, doubles left out, rows without a trained token."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from knowledge.samples.case import CHOSEN, CONTEXT, REJECTED, TRAINED, Case, Made, Reader
from knowledge.samples.images import images_of, tokens_of_images
from knowledge.samples.tokens import ASCII_PER_TOKEN, HIGH, LOW

PIECES = 64
"""A text of `type: completion` is cut after so many times `sequence_len`."""

_UNFILTERED = frozenset(["stepwise", "ebft_chat", "ebft_code", "ebft_structured", "ebft_text"])
"""Readers whose rows are never dropped for their length."""

_CUT = frozenset(["chat", "instruction", "mapping", "segments", "messages", "pygmalion"])
"""Readers of which a row that is too long loses its end under `excess_length_strategy: truncate`."""

Length = int | dict[str, int]
"""Tokens of a row, as the plan takes them: a number with what is trained, or the parts of a pair."""


@dataclass(slots=True)
class Tally:
    """The rows that were read, counted.

    Attributes:
        lengths: tokens of every row that gives any.
        trained: trained tokens of all kept rows.
        kept: rows that are trained on, after cutting into pieces.
        failed: rows that stop the run.
        longest: tokens of the longest row.
    """

    lengths: list[Length] = field(default_factory=list)
    trained: float = 0
    kept: int = 0
    failed: int = 0
    untrained: int = 0
    gone: int = 0
    longest: float = 0
    seen: set[int] = field(default_factory=set)


class Lengths:
    """Applies the rules of length to what the rows became."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.tally = Tally()
        settings = case.settings
        self.limit = case.sequence_len
        self.strategy = str(settings.get("excess_length_strategy") or "drop").lower()
        self.shortest = settings.get("min_sample_len") or 2
        self.packs = bool(settings.get("sample_packing"))
        self.unique = settings.get("dataset_exact_deduplication") is True
        self.reads = case.kind.reads
        self.paired = (
            any(column.part in ("chosen", "rejected") for column in case.kind.columns) or self.reads == "nectar"
        )
        self.judged = case.entry.rl == "kto"
        self.filters = not settings.get("skip_prepare_dataset") and not settings.get("streaming")
        self.filters = self.filters and not case.entry.streamed
        self.plain = not case.model.exact
        self.surely = 1.0 if case.model.exact else LOW
        self.most = 1.0 if case.model.exact else HIGH
        self.image = tokens_of_images(case) or 0

    def take(self, made: Reader) -> Tally:
        """Count every row."""
        tally, case = self.tally, self.case
        self.sides()
        for index, each in enumerate(made):
            if each is None:
                tally.failed += 1
                continue
            mark = hash(tuple(each.pieces))
            if mark in tally.seen and each.pieces:
                case.issues.add("rows-duplicates-dropped" if self.unique else "rows-duplicates", index)
                if self.unique:
                    continue
            tally.seen.add(mark)
            if self.paired or self.judged:
                self.pair(index, each)
            else:
                self.row(index, each)
        if self.packs and tally.untrained and not self.paired and self.filters:
            kept = tally.kept
            if kept <= 0 and not tally.failed:
                case.issues.add("rows-all-untrained", None)
        return tally

    def sides(self) -> None:
        """Chosen answers that are read from the column of rejected ones."""
        names = {column.part: self.case.name(column) for column in self.case.kind.columns}
        if names.get("chosen") == "rejected" and names.get("rejected") == "chosen":
            self.case.issues.add("rows-pair-swapped", None, "rejected", "chosen")

    # -- rows of one text --------------------------------------------------------------------------------------

    def row(self, index: int, made: Made) -> None:
        """A row whose pieces are context or trained."""
        tally = self.tally
        total, trained, before = self.counted(made)
        if self.image and made.pieces:
            # The template prints one token in the place of an image, which the image's own tokens replace.
            placed = int(made.joined and self.case.model.exact)
            seen = (self.image - placed) * images_of(self.case.rows[index])
            total, before = total + seen, before + seen if before >= 0 else before
        if total <= 0:
            tally.gone += 1
            return
        tally.longest = max(tally.longest, total)
        size = total - made.lead - made.ends if self.reads == "completion" else total
        tally.lengths.append(int(size + 0.5) if trained else {"length": int(size + 0.5) or 1, "trained": 0})
        if not self.stays(index, made, total, before):
            return
        if self.filters and self.strategy == "truncate" and total > self.limit and self.reads in _CUT:
            trained = min(trained, max(self.limit - before, 0.0)) if before >= 0 else 0.0
        tally.trained += trained
        if not trained and not made.broken:
            tally.untrained += 1
            if self.packs and self.filters:
                tally.kept -= 1
                self.case.issues.add("rows-untrained-dropped", index)

    def counted(self, made: Made) -> tuple[float, float, float]:
        """Tokens of a row, trained ones among them, and those before the first trained one (-1 without any)."""
        if made.tokens is not None:
            return float(made.tokens[0]), float(made.tokens[1]), 0.0
        if self.reads == "completion" and not made.pieces:
            return 0.0, 0.0, -1.0
        if made.joined and self.case.model.exact:
            return self.counted_joined(made)
        count = self.case.model.count
        total = made.lead + made.ends + made.fixed / ASCII_PER_TOKEN
        trained, before = float(made.ends), -1.0
        if self.reads == "completion" or (self.case.trains_inputs and made.pieces and made.pieces[0][1] == TRAINED):
            trained += made.lead
        for text, part in made.pieces:
            tokens = len(text) / ASCII_PER_TOKEN if self.plain and text.isascii() else count(text)
            if text == "\n":
                tokens = 1.0
            if part == TRAINED:
                if before < 0:
                    before = total - made.ends
                trained += tokens
            total += tokens
        return total, trained, before

    def counted_joined(self, made: Made) -> tuple[float, float, float]:
        """What `counted` gives for pieces of one text: a token belongs to the piece in which it begins."""
        edges = [0, *accumulate(len(text) for text, _ in made.pieces)]
        starts = self.case.model.starts("".join(text for text, _ in made.pieces))
        places = [bisect_left(starts, edge) for edge in edges[:-1]] + [len(starts)]
        spans = [(low, high) for low, high, (_, part) in zip(places, places[1:], made.pieces, strict=False) if part]
        trained = [(low, high) for low, high in spans if high > low]
        before = float(trained[0][0]) if trained else -1.0
        return float(len(starts)), float(sum(high - low for low, high in trained)), before

    def stays(self, index: int, made: Made, total: float, before: float) -> bool:
        """Whether a row is trained on; what becomes of it by its length is noted."""
        if self.reads == "completion" and not (self.filters and self.short(total, made)):
            self.text(index, total)
        elif self.reads == "pretrain":
            self.stream(index, total)
        elif not self.filters or self.reads in _UNFILTERED:
            self.tally.kept += 1
        elif self.reads == "llama2_chat":
            self.tally.kept += 1
            if total > self.limit:
                self.case.issues.add("rows-cut-untrained", index, str(self.limit))
        elif total > self.limit:
            self.excess(index, total, before)
            return self.strategy == "truncate"
        elif self.short(total, made):
            self.case.issues.add("rows-too-short", index, str(self.shortest))
            return False
        else:
            self.tally.kept += 1
        return True

    def short(self, total: float, made: Made) -> bool:
        """Whether a row is certainly shorter than `min_sample_len`; what is printed around it may not be known."""
        if self.shortest <= 2 and made.tokens is None and not self.case.model.exact:
            return total < self.shortest and self.one_letter(made)
        known = self.case.template is None or self.case.template.jinja is not None
        return known and total * self.most < self.shortest

    @staticmethod
    def one_letter(made: Made) -> bool:
        """Whether a row is a single letter, so certainly one token."""
        return not made.lead and not made.ends and sum(len(text) for text, _ in made.pieces) == 1

    def text(self, index: int, total: float) -> None:
        """A text of `completion`: cut into pieces, capped."""
        pieces = -(-total // self.limit)
        if total * self.surely > self.limit * PIECES:
            self.case.issues.add("rows-text-capped", index)
        elif total > self.limit:
            self.case.issues.add("rows-split-text", index, str(self.limit))
        self.tally.kept += int(min(pieces, PIECES))

    def stream(self, index: int, total: float) -> None:
        """A streamed text: cut, or windows of it."""
        self.tally.kept += 1
        if total > self.limit:
            self.case.issues.add("rows-cut-windows" if self.packs else "rows-cut-stream", index, str(self.limit))

    def excess(self, index: int, total: float, before: float) -> None:
        """A row that is longer than `sequence_len`."""
        issues, limit = self.case.issues, str(self.limit)
        if self.strategy == "truncate":
            self.tally.kept += 1
            issues.add("rows-cut-untrained" if before >= self.limit else "rows-cut", index, limit)
        elif self.strategy == "raise" and total * self.surely > self.limit:
            issues.add("rows-too-long-refused", index, limit)
        else:
            issues.add("rows-too-long", index, limit)

    # -- pairs -------------------------------------------------------------------------------------------------

    def pair(self, index: int, made: Made) -> None:
        """A row with two answers, or one that is judged."""
        tally, count = self.tally, self.case.model.count
        sides = {CONTEXT: made.fixed / ASCII_PER_TOKEN, TRAINED: 0.0, CHOSEN: 0.0, REJECTED: 0.0}
        for text, part in made.pieces:
            sides[part] += count(text)
        prompt = sides[CONTEXT]
        if self.judged:
            tally.lengths.append({"prompt": round(prompt), "completion": round(sides[TRAINED])})
            longest = sides[TRAINED]
            tally.trained += sides[TRAINED]
        else:
            tally.lengths.append(
                {"prompt": round(prompt), "chosen": round(sides[CHOSEN]), "rejected": round(sides[REJECTED])}
            )
            longest = max(sides[CHOSEN], sides[REJECTED])
            tally.trained += sides[CHOSEN] + sides[REJECTED]
        total = prompt + longest
        tally.longest = max(tally.longest, total)
        if total <= self.limit or not self.filters:
            tally.kept += 1
            return
        issues, limit = self.case.issues, str(self.limit)
        if self.reads == "bradley_terry":
            tally.kept += 1
            issues.add("rows-cut-reward", index, limit)
        elif self.strategy == "truncate":
            tally.kept += prompt < self.limit
            issues.add("rows-cut-pair", index, limit)
        elif self.strategy == "raise" and total * self.surely > self.limit:
            issues.add("rows-too-long-refused", index, limit)
        else:
            issues.add("rows-too-long", index, limit)


def spread(tokens: float, *, exact: bool) -> tuple[int, int]:
    """The range in which a count lies."""
    return (round(tokens), round(tokens)) if exact else (round(tokens * LOW), round(tokens * HIGH))
