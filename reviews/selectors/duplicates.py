"""What the queue of possible duplicates and the list of merges read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from reviews import wording
from reviews.dedupe import contradicts, entry
from reviews.models import (
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Record,
    RelationKind,
    Report,
    Review,
    Source,
    SuggestionState,
)
from reviews.selectors.counted import told_by
from reviews.selectors.word_differences import Part, parts

_COMPARED = tuple((name, label) for name, label in wording.FIELDS if name not in ("keywords", "url"))
# Rules that say why two are not one: a person looks at each of these pairs.
_NEVER_IN_BULK = ("other_pmid", "other_kind")
_GROUP = 12
_HINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (RelationKind.CORRECTION, ("erratum", "correction", "corrigendum", "retract")),
    (RelationKind.PREPRINT, ("preprint", "medrxiv", "biorxiv", "research square")),
    (RelationKind.COMMENT, ("comment", "letter", "reply", "editorial")),
    (RelationKind.ABSTRACT, ("abstract", "suppl", "congress", "meeting", "conference")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of two publications, cut into what they share and what is each one's own."""

    label: str
    left: list[Part]
    right: list[Part]
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A question: are these two one publication?"""

    suggestion: DuplicateSuggestion
    left: Report
    right: Report
    rows: list[Row]
    relation: str
    is_right_lesser: bool

    @property
    def why(self) -> str:
        return wording.rule(self.suggestion.rule)

    @property
    def evidence(self) -> list[str]:
        return wording.evidence(self.suggestion.evidence)

    @property
    def short_rows(self) -> list[Row]:
        return short(self.rows)


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge with its reasons in words, and its undo where there is one."""

    event: MergeEvent
    undo: MergeEvent | None

    @property
    def why(self) -> str:
        return wording.rule(self.event.rule)

    @property
    def evidence(self) -> list[str]:
        return wording.evidence(self.event.evidence)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the queue is narrowed to: a rule, a pair of sources, scores from one number to another."""

    rule: str = ""
    sources: tuple[int, ...] = ()
    least: float | None = None
    most: float | None = None

    @property
    def is_set(self) -> bool:
        return bool(self.rule or self.sources) or self.least is not None or self.most is not None


def open_pairs(review: Review | int, wanted: QueueFilter | None = None) -> QuerySet[Any]:
    """The open questions about publications that still stand apart, the likeliest first.

    Suggestions with the reports that stand for the two, as `left_root` and `right_root`.
    """
    found: QuerySet[Any] = (
        DuplicateSuggestion.objects.filter(review=review, state=SuggestionState.OPEN)
        .annotate(
            left_root=Coalesce("first__canonical_id", "first_id"),
            right_root=Coalesce("second__canonical_id", "second_id"),
        )
        .exclude(left_root=F("right_root"))
        .order_by("-score", "id")
    )
    return _narrowed(found, wanted) if wanted else found


def _narrowed(found: QuerySet[Any], wanted: QueueFilter) -> QuerySet[Any]:
    if wanted.rule:
        found = found.filter(rule=wanted.rule)
    if wanted.least is not None:
        found = found.filter(score__gte=wanted.least)
    if wanted.most is not None:
        found = found.filter(score__lte=wanted.most)
    if wanted.sources:
        one, other = wanted.sources[0], wanted.sources[-1]
        found = found.filter(
            (_found_by("left_root", one) & _found_by("right_root", other))
            | (_found_by("left_root", other) & _found_by("right_root", one))
        )
    return found


def _found_by(root: str, source: int) -> Q:
    records = Record.objects.filter(source_id=source, seq__isnull=False)
    own = records.filter(filed__report=OuterRef(root))
    merged = records.filter(filed__report__canonical=OuterRef(root))
    return Q(Exists(own)) | Q(Exists(merged))


def mergeable(review: Review) -> QuerySet[Any]:
    """Open pairs that many may be accepted of at once: none that contradict or that are another relation."""
    return open_pairs(review).exclude(rule__in=_NEVER_IN_BULK).exclude(evidence__has_key="relation")


@dataclass(frozen=True, slots=True)
class Facets:
    """What the queue can be narrowed to: rules, and pairs of sources, with how many open pairs each has."""

    rules: list[tuple[str, str, int]]
    sources: list[tuple[str, str, int]]


def facets(review: Review, wanted: QueueFilter | None = None) -> Facets:
    """The choices that an open pair fits, those of most pairs first, and what is wanted now.

    It reads every open pair with its sources: for the page, not for each decision on it.
    """
    pairs = list(open_pairs(review).values_list("rule", "left_root", "right_root"))
    found = sources_of({pk for _, left, right in pairs for pk in (left, right)})
    rules = Counter(rule for rule, _, _ in pairs)
    by_sources: Counter[tuple[int, int]] = Counter()
    for _, left, right in pairs:
        by_sources.update({(min(a, b), max(a, b)) for a in found[left] for b in found[right]})
    if wanted is not None and wanted.rule:
        rules[wanted.rule] += 0
    if wanted is not None and wanted.sources:
        by_sources[min(wanted.sources), max(wanted.sources)] += 0
    names = dict(Source.objects.filter(protocol__review=review).values_list("pk", "name"))
    return Facets(
        rules=[(rule, wording.rule(rule), n) for rule, n in rules.most_common()],
        sources=[
            (f"{a}-{b}", names[a] if a == b else f"{names[a]} and {names[b]}", n)
            for (a, b), n in by_sources.most_common()
            if a in names and b in names
        ],
    )


def sources_of(report_ids: Iterable[int]) -> dict[int, dict[int, str]]:
    """For each standing report its sources, id and name, in the order in which they found it."""
    names: dict[int, dict[int, str]] = {pk: {} for pk in report_ids}
    found = (
        Record.objects.filter(seq__isnull=False)
        .annotate(root=Coalesce("filed__report__canonical_id", "filed__report_id"))
        .filter(told_by(names))
        .order_by("id")
        .values_list("root", "source_id", "source__name")
    )
    for root, source, name in found:
        if root in names:
            names[root].setdefault(source, name)
    return names


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """How far people have come with the questions."""

    done: int
    total: int


def queue_progress(review: Review) -> QueueProgress:
    asked = DuplicateSuggestion.objects.filter(review=review).exclude(rule="told")
    answered = asked.exclude(state=SuggestionState.OPEN).filter(decided_by__isnull=False).count()
    return QueueProgress(done=answered, total=answered + open_pairs(review).count())


def next_pair(review: Review, *, after: int | None = None, wanted: QueueFilter | None = None) -> Pair | None:
    """The first open pair, or the first after the one that was passed over."""
    found = open_pairs(review, wanted)
    passed = DuplicateSuggestion.objects.filter(pk=after, review=review).first() if after else None
    if passed is not None:
        found = found.filter(Q(score__lt=passed.score) | Q(score=passed.score, pk__gt=passed.pk))
    suggestion = found.select_related("first__canonical", "second__canonical").first()
    return pair_of(suggestion) if suggestion else None


def pair_of(suggestion: DuplicateSuggestion) -> Pair:
    """The two publications that stand for the pair now, field by field."""
    return pairs_of([suggestion])[0]


def pairs_of(suggestions: Iterable[DuplicateSuggestion]) -> list[Pair]:
    """The same for several, their sources read at once."""
    roots = [
        (one, one.first.canonical or one.first, one.second.canonical or one.second) for one in suggestions
    ]
    found = sources_of({report.pk for _, *both in roots for report in both})
    return [_pair(one, left, right, found) for one, left, right in roots]


def _pair(
    suggestion: DuplicateSuggestion, left: Report, right: Report, found: dict[int, dict[int, str]]
) -> Pair:
    rows = compared(left, right)
    here, there = (", ".join(found[report.pk].values()) for report in (left, right))
    rows.append(Row("Found in", [Part(here, False)], [Part(there, False)], differs=False))
    kind, is_right = _hint(left, right)
    return Pair(
        suggestion=suggestion,
        left=left,
        right=right,
        rows=rows,
        relation=str(suggestion.evidence.get("relation") or kind),
        is_right_lesser=is_right,
    )


def compared(left: Report, right: Report) -> list[Row]:
    """Two publications field by field; what neither says is left out."""
    rows = [_row(label, getattr(left, name), getattr(right, name)) for name, label in _COMPARED]
    return [row for row in rows if row.left or row.right]


def short(rows: Iterable[Row]) -> list[Row]:
    """The title and what differs, without the abstracts."""
    return [row for row in rows if row.label == "Title" or (row.differs and row.label != "Abstract")]


def _row(label: str, left: object, right: object) -> Row:
    here, there = wording.field_value(left), wording.field_value(right)
    ours, theirs = parts(here, there)
    return Row(label, ours, theirs, differs=here.casefold() != there.casefold())


def _hint(left: Report, right: Report) -> tuple[str, bool]:
    """What the lesser of the two may be, and whether it is the right one: a proposal, nothing more."""
    said = [
        " ".join((report.title, report.journal, report.issue, *report.publication_types)).casefold()
        for report in (left, right)
    ]
    for kind, words in _HINTS:
        has = [any(word in text for word in words) for text in said]
        if has[0] != has[1]:
            return kind, has[1]
    return RelationKind.SAME_STUDY, True


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One publication of a group, and the numbers of the lines that it contradicts."""

    report: Report
    sources: str
    contradicts: list[int]


@dataclass(frozen=True, slots=True)
class Group:
    """Publications that open pairs connect, where they are more than two."""

    lines: list[GroupLine]
    pairs: int
    is_cut: bool

    @property
    def contradicts(self) -> bool:
        return any(line.contradicts for line in self.lines)


def group_of(pair: Pair) -> Group | None:
    """The publications that can be reached from a pair over open questions; None where it stands alone."""
    review_id = pair.suggestion.review_id
    members, before = {pair.left.pk, pair.right.pk}, 0
    found: list[tuple[int, int]] = []
    while before < len(members) <= _GROUP:
        before = len(members)
        touching = open_pairs(review_id).filter(Q(left_root__in=members) | Q(right_root__in=members))
        found = list(touching.values_list("left_root", "right_root")[: _GROUP * _GROUP])
        members |= {pk for ends in found for pk in ends}
    if len(members) < 3:
        return None
    return Group(_lines(sorted(members)[:_GROUP]), pairs=len(found), is_cut=len(members) > _GROUP)


def _lines(report_ids: list[int]) -> list[GroupLine]:
    found_in = sources_of(report_ids)
    reports = list(Report.objects.filter(pk__in=report_ids).defer("abstract").order_by("id"))
    entries = [entry(report.pk, report) for report in reports]
    return [
        GroupLine(
            report,
            ", ".join(found_in[report.pk].values()),
            [n for n, other in enumerate(entries, 1) if other is not own and contradicts(own, other)],
        )
        for report, own in zip(reports, entries, strict=True)
    ]


# -- What was merged ----------------------------------------------------------------------------------
def merges(review: Review, *, before: int | None = None, limit: int = 50) -> list[Merge]:
    """The latest merges, with the undo of each where there is one."""
    found = MergeEvent.objects.filter(review=review, kind=MergeKind.MERGE)
    return described((found.filter(pk__lt=before) if before else found).order_by("-id"), limit=limit)


def described(events: QuerySet[MergeEvent], *, limit: int | None = None) -> list[Merge]:
    """Merges among these events with the undo of each."""
    rows = events.filter(kind=MergeKind.MERGE).select_related("kept", "absorbed", "by", "undone_by__by")
    return [Merge(event, getattr(event, "undone_by", None)) for event in rows[:limit]]
