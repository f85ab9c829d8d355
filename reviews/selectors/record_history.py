"""All that happened to a record and its publication before screening: found, revised, merged, linked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format

from reviews import wording
from reviews.models import (
    Citation,
    CitationDirection,
    MergeEvent,
    MergeKind,
    NoticeKind,
    Record,
    RecordNotice,
    Report,
    ReportRelation,
    Review,
    RunUndo,
    Sighting,
)
from reviews.selectors.counted import told_by
from reviews.selectors.records import shown


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a history; `undo` is the address that takes it back, where that can be done."""

    at: datetime
    seq: int
    what: str
    detail: str = ""
    who: str = ""
    icon: str = "circle"
    url: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One field of the publication, and the record that gave it; `record` is None where none has it so."""

    label: str
    value: str
    record: Record | None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A record, the publication that it is a copy of, the other copies, and which of them gave what."""

    record: Record
    publication: Report
    members: list[int]
    copies: list[Record]
    given: list[Given]

    @property
    def is_out(self) -> bool:
        """Whether its import was undone: the record counts for nothing, and its history stays."""
        return self.record.seq is None

    @property
    def sources(self) -> list[str]:
        return list(dict.fromkeys(copy.source.name for copy in self.copies))


def record_page(review: Review, record_id: int) -> RecordPage:
    """404 for records of other reviews and of runs that are not complete; undone ones are shown."""
    record = get_object_or_404(
        shown(review).defer("raw").select_related("source", "run", "filed__report__canonical", "revises"),
        pk=record_id,
    )
    publication = record.filed.report.canonical or record.filed.report
    copies = (
        shown(review)
        .filter(told_by([publication.pk]))
        .defer("raw")
        .select_related("source", "run", "filed", "revises__source")
        .order_by("seq", "id")
    )
    members = Report.objects.filter(Q(pk=publication.pk) | Q(canonical=publication)).order_by("id")
    rows = list(copies)
    return RecordPage(
        record=record,
        publication=publication,
        members=list(members.values_list("pk", flat=True)),
        copies=rows,
        given=_given(publication, rows),
    )


def _given(publication: Report, copies: Sequence[Record]) -> list[Given]:
    counted = [copy for copy in copies if copy.seq is not None]
    found = []
    for name, label in wording.FIELDS:
        value = getattr(publication, name)
        if value in ("", None, []):
            continue
        source = next((copy for copy in counted if getattr(copy, name) == value), None)
        found.append(Given(label, wording.field_value(value), source))
    return found


def history(review: Review, page: RecordPage) -> list[Happening]:
    """Everything in the order in which it happened."""
    found = [
        *_arrivals(review, page.copies),
        *_sightings(review, page.copies),
        *_notices(review, page.copies),
        *_chased(review, page.copies),
        *_undone_runs(review, page.copies),
        *_merges(review, page.members),
        *_relations(review, page.members),
    ]
    return in_order(found)


def in_order(found: Iterable[Happening]) -> list[Happening]:
    return sorted(found, key=lambda each: (each.seq, each.at))


def _arrivals(review: Review, copies: Iterable[Record]) -> list[Happening]:
    found = []
    for copy in copies:
        run = copy.run
        where = f"Row {copy.row} of “{run.file_name}”" if run.file_name else f"Place {copy.row} of the search"
        searched = f", searched {date_format(run.searched_on, 'j F Y')}" if run.searched_on else ""
        changed = _changed(copy)
        found.append(
            Happening(
                at=copy.recorded_at,
                seq=copy.seq or run.seq or 0,
                what=f"Revised in {copy.source.name}" if changed else f"Found in {copy.source.name}",
                detail=f"Changed: {', '.join(changed)}" if changed else f"{where}{searched}",
                icon="versions" if changed else "database",
                url=reverse("reviews:run", args=[review.slug, run.pk]),
            )
        )
    return found


def _changed(copy: Record) -> list[str]:
    """The fields in which a revision differs from the version before."""
    before = copy.revises
    if before is None:
        return []
    labels = [label.lower() for name, label in wording.FIELDS if getattr(before, name) != getattr(copy, name)]
    return labels or ["nothing that is shown here"]


def _sightings(review: Review, copies: Sequence[Record]) -> list[Happening]:
    again = Sighting.objects.filter(record__in=copies, run__seq__isnull=False)
    return [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"Found again in {one.record.source.name}",
            icon="refresh",
            url=reverse("reviews:run", args=[review.slug, one.run_id]),
        )
        for one in again.select_related("record__source")
        .defer("record__raw", "record__abstract")
        .order_by("id")
    ]


def _notices(review: Review, copies: Sequence[Record]) -> list[Happening]:
    alarming = {NoticeKind.RETRACTED, NoticeKind.CONCERN, NoticeKind.WITHDRAWN}
    said = RecordNotice.objects.filter(record__in=copies).select_related("record__source")
    return [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"{one.get_kind_display()}, says {one.record.source.name}",
            detail=one.detail,
            icon="alert-triangle" if one.kind in alarming else "info-circle",
            url=reverse("reviews:run", args=[review.slug, one.run_id]),
        )
        for one in said.defer("record__raw", "record__abstract").order_by("id")
    ]


def _chased(review: Review, copies: Sequence[Record]) -> list[Happening]:
    ways = {CitationDirection.BACKWARD: "Cited by", CitationDirection.FORWARD: "Cites"}
    chased = Citation.objects.filter(record__in=copies).select_related("seed", "run")
    return [
        Happening(
            at=one.run.finished_at or one.run.requested_at,
            seq=one.run.seq or 0,
            what="Reached by citation chasing",
            detail=f"{ways[CitationDirection(one.direction)]} “{one.seed.title}”",
            icon="link",
            url=reverse("reviews:run", args=[review.slug, one.run_id]),
        )
        for one in chased.defer("run__checkpoint", "seed__abstract").order_by("id")
    ]


def _undone_runs(review: Review, copies: Iterable[Record]) -> list[Happening]:
    runs = {copy.run_id for copy in copies}
    return [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"{one.get_kind_display()}: what {one.run.source.name} brought in this run",
            detail=one.reason,
            who=str(one.by),
            icon="arrow-back-up",
            url=reverse("reviews:run", args=[review.slug, one.run_id]),
        )
        for one in RunUndo.objects.filter(run__in=runs).select_related("run__source", "by").order_by("id")
    ]


def _merges(review: Review, members: Sequence[int]) -> list[Happening]:
    events = (
        MergeEvent.objects.filter(Q(kept__in=members) | Q(absorbed__in=members), review=review)
        .select_related("kept", "absorbed", "by", "undone_by")
        .defer("kept__abstract", "absorbed__abstract")
        .order_by("seq", "id")
    )
    return [_split(one) if one.kind == MergeKind.SPLIT else _merge(review, one) for one in events]


def _merge(review: Review, event: MergeEvent) -> Happening:
    why = "; ".join((wording.rule(event.rule), *wording.evidence(event.evidence)))
    stands = not hasattr(event, "undone_by")
    into = "another of this title" if event.absorbed.title == event.kept.title else f"“{event.kept.title}”"
    return Happening(
        at=event.recorded_at,
        seq=event.seq,
        what=f"Merged: “{event.absorbed.title}” into {into}",
        detail=f"Because: {why}",
        who=str(event.by) if event.by else "By rule",
        icon="git-merge",
        undo=reverse("reviews:undo_merge", args=[review.slug, event.pk]) if stands else "",
    )


def _split(event: MergeEvent) -> Happening:
    return Happening(
        at=event.recorded_at,
        seq=event.seq,
        what=f"Merge undone: “{event.absorbed.title}” stands for itself again",
        who=str(event.by) if event.by else "",
        icon="arrow-back-up",
    )


def _relations(review: Review, members: Sequence[int]) -> list[Happening]:
    said = ReportRelation.objects.filter(Q(first__in=members) | Q(second__in=members), review=review)
    found = []
    for one in said.select_related("first", "second", "by", "undone_by").order_by("seq", "id"):
        stands = one.undoes_id is None and not hasattr(one, "undone_by")
        found.append(
            Happening(
                at=one.recorded_at,
                seq=one.seq,
                what="Link taken back" if one.undoes_id else "Linked",
                detail=f"“{one.first.title}”: {one.get_kind_display().lower()}, “{one.second.title}”",
                who=str(one.by),
                icon="arrow-back-up" if one.undoes_id else "link",
                undo=reverse("reviews:undo_relation", args=[review.slug, one.pk]) if stands else "",
            )
        )
    return found
