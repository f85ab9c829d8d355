"""What the pages of duplicates read."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from reviews import wording
from reviews.models import (
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Record,
    Report,
    Review,
    SuggestionState,
)

_COMPARED = (
    ("title", "Title"),
    ("authors", "Authors"),
    ("year", "Year"),
    ("journal", "Journal"),
    ("volume", "Volume"),
    ("issue", "Issue"),
    ("pages", "Pages"),
    ("doi", "DOI"),
    ("pmid", "PMID"),
    ("publication_types", "Kind"),
    ("language", "Language"),
    ("abstract", "Abstract"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of two publications."""

    label: str
    left: str
    right: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A question: are these two one publication?"""

    suggestion: DuplicateSuggestion
    left: Report
    right: Report
    rows: list[Row]

    @property
    def why(self) -> str:
        return wording.rule(self.suggestion.rule)

    @property
    def evidence(self) -> list[str]:
        return wording.evidence(self.suggestion.evidence)


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


def open_pairs(review: Review) -> QuerySet[DuplicateSuggestion]:
    """The open questions about publications that still stand apart, the likeliest first."""
    return (
        DuplicateSuggestion.objects.filter(review=review, state=SuggestionState.OPEN)
        .annotate(
            left_root=Coalesce("first__canonical_id", "first_id"),
            right_root=Coalesce("second__canonical_id", "second_id"),
        )
        .exclude(left_root=F("right_root"))
        .order_by("-score", "id")
    )


def next_pair(review: Review, *, after: int | None = None) -> Pair | None:
    """The first open pair, or the first after the one that was passed over."""
    found = open_pairs(review)
    passed = DuplicateSuggestion.objects.filter(pk=after, review=review).first() if after else None
    if passed is not None:
        found = found.filter(Q(score__lt=passed.score) | Q(score=passed.score, pk__gt=passed.pk))
    suggestion = found.select_related("first__canonical", "second__canonical").first()
    return pair_of(suggestion) if suggestion else None


def pair_of(suggestion: DuplicateSuggestion) -> Pair:
    """The two publications that stand for the pair now, field by field."""
    left = suggestion.first.canonical or suggestion.first
    right = suggestion.second.canonical or suggestion.second
    rows = [_row(label, getattr(left, name), getattr(right, name)) for name, label in _COMPARED]
    found = _found_in(left, right)
    rows.append(Row("Found in", found[left.pk], found[right.pk], differs=False))
    return Pair(suggestion, left, right, [row for row in rows if row.left or row.right])


def _row(label: str, left: object, right: object) -> Row:
    here, there = _text(left), _text(right)
    return Row(label, here, there, differs=here.casefold() != there.casefold())


def _text(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _found_in(left: Report, right: Report) -> dict[int, str]:
    names: dict[int, dict[str, None]] = {left.pk: {}, right.pk: {}}
    found = (
        Record.objects.filter(seq__isnull=False)
        .annotate(root=Coalesce("filed__report__canonical_id", "filed__report_id"))
        .filter(Q(filed__report__in=names) | Q(filed__report__canonical__in=names))
        .order_by("id")
        .values_list("root", "source__name")
    )
    for root, name in found:
        names[root][name] = None
    return {root: ", ".join(sources) for root, sources in names.items()}


def merges(review: Review, *, before: int | None = None, limit: int = 50) -> list[Merge]:
    """The latest merges, with the undo of each where there is one."""
    found = MergeEvent.objects.filter(review=review, kind=MergeKind.MERGE)
    return described((found.filter(pk__lt=before) if before else found).order_by("-id"), limit=limit)


def described(events: QuerySet[MergeEvent], *, limit: int | None = None) -> list[Merge]:
    """Merges among these events with the undo of each."""
    rows = events.filter(kind=MergeKind.MERGE).select_related("kept", "absorbed", "by", "undone_by__by")
    return [Merge(event, getattr(event, "undone_by", None)) for event in rows[:limit]]
