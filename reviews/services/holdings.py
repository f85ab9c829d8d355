"""What a source and its review hold already, as a run needs to know it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from reviews import sequence
from reviews.formats import ParsedRecord, content_hash
from reviews.models import (
    Look,
    NoticeKind,
    Record,
    RecordNotice,
    RunProblem,
    RunState,
    RunTrigger,
    SearchRun,
    Sighting,
)
from reviews.services.findings import Finding
from reviews.services.matching import AGAIN

_GONE = (NoticeKind.VANISHED, NoticeKind.WITHDRAWN)
_CHUNK = 500
UNKNOWN = "pmid_not_known"  # a problem of a run: a record's PMID that PubMed has never heard of


def _counted(run: SearchRun) -> QuerySet[Record]:
    return Record.objects.filter(source_id=run.source_id, seq__isnull=False).exclude(external_id="")


def held_ids(run: SearchRun) -> set[str]:
    """The identifiers of all records of the run's source that count."""
    ids = _counted(run).order_by().values_list("external_id", flat=True).distinct()
    return set(ids.iterator(chunk_size=10_000))


def heads(run: SearchRun, external_ids: Sequence[str]) -> Iterator[Record]:
    """The newest version of each of these records of the source."""
    found = _counted(run).filter(revised_by__isnull=True).exclude(content_hash__contains=AGAIN)
    for start in range(0, len(external_ids), _CHUNK):
        chunk = external_ids[start : start + _CHUNK]
        yield from found.filter(external_id__in=chunk).defer("raw", "abstract").order_by("pk")


def sight(run: SearchRun, external_ids: Sequence[str], *, seq: int) -> int:
    """Note that the run found these records again, in the caller's transaction; returns how many."""
    rows = [Sighting(record=head, run=run, seq=seq) for head in heads(run, external_ids)]
    Sighting.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def changed_heads(run: SearchRun, fetched: Sequence[ParsedRecord]) -> tuple[ParsedRecord, ...]:
    """Those of the fetched records that the source holds with other content."""
    held = {head.external_id: head.content_hash for head in heads(run, [one.external_id for one in fetched])}
    return tuple(
        one for one in fetched if one.external_id in held and held[one.external_id] != content_hash(one)
    )


def note_looks(run: SearchRun, changed: Sequence[ParsedRecord]) -> None:
    """Note that the run's look brought these versions, not its search; in the caller's transaction."""
    if not changed:
        return
    keys = {(one.external_id, content_hash(one)) for one in changed}
    rows = Record.objects.filter(
        source_id=run.source_id, external_id__in=[one.external_id for one in changed]
    ).values_list("pk", "external_id", "content_hash")
    seq = sequence.take(run.review_id)
    looks = [Look(record_id=pk, run=run, seq=seq) for pk, *key in rows if tuple(key) in keys]
    Look.objects.bulk_create(looks, ignore_conflicts=True)


def returned(run: SearchRun, external_ids: Sequence[str]) -> Iterator[Finding]:
    """Those of the records found that were noticed as gone, and not as back since."""
    gone = gone_ids(run)
    for external_id in external_ids:
        if external_id in gone:
            yield Finding(NoticeKind.RETURNED, external_id)


def gone_ids(run: SearchRun) -> set[str]:
    """Records of the source that vanished or were withdrawn, by the last that was noticed of each."""
    notices = (
        RecordNotice.objects.filter(
            record__source_id=run.source_id,
            run__state=RunState.COMPLETE,  # a run that was undone has told of nothing
            kind__in=[*_GONE, NoticeKind.RETURNED],
        )
        .order_by("pk")
        .values_list("record__external_id", "kind")
    )
    return {external_id for external_id, kind in dict(notices).items() if kind in _GONE}


# -- The sweep ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Looked:
    """PMIDs that were looked at before, of which only the changed are fetched; and those never looked at."""

    again: list[str]
    first: list[str]


def _last_look(run: SearchRun) -> SearchRun | None:
    return (
        SearchRun.objects.filter(source_id=run.source_id, state=RunState.COMPLETE, searched_on__isnull=False)
        .exclude(trigger=RunTrigger.FILE)
        .order_by("-searched_on", "-id")
        .first()
    )


def looked_last(run: SearchRun) -> date | None:
    """The day of the last complete look at what the review holds."""
    last = _last_look(run)
    return last.searched_on if last else None


def to_look_at(run: SearchRun) -> Looked:
    """All PMIDs that count in the review, whatever source brought them.

    What this source's own searches brought was fresh then. What came otherwise was as old as its file,
    so that it is fetched once, and watched from then on.
    """
    counted = Record.objects.filter(review_id=run.review_id, seq__isnull=False).exclude(pmid="")
    every = _pmids(counted)
    last = _last_look(run)
    if last is None:
        return Looked(again=[], first=sorted(every))
    own = Q(source_id=run.source_id) & ~Q(run__trigger=RunTrigger.FILE)
    watched = _pmids(counted.filter(own | Q(run__finished_at__lt=last.started_at or last.requested_at)))
    return Looked(again=sorted(watched), first=sorted(every - watched))


def not_told(pmids: Sequence[str], run: SearchRun) -> dict[str, str]:
    """Of PMIDs that PubMed does not know those that no run has named, each with the record that gives it."""
    if not pmids:
        return {}
    told = RunProblem.objects.filter(run__review=run.review_id, run__state=RunState.COMPLETE, code=UNKNOWN)
    before = {detail.partition(":")[0] for detail in told.values_list("detail", flat=True)}
    rows = Record.objects.filter(review_id=run.review_id, pmid__in=pmids, seq__isnull=False).order_by("-pk")
    titles = {pmid: (title, name) for pmid, title, name in rows.values_list("pmid", "title", "source__name")}
    return {
        pmid: f"PMID {pmid}: {titles[pmid][0][:200]} ({titles[pmid][1]})"
        for pmid in pmids
        if pmid in titles and f"PMID {pmid}" not in before
    }


def _pmids(records: QuerySet[Record]) -> set[str]:
    pmids = records.order_by().values_list("pmid", flat=True).distinct()
    return set(pmids.iterator(chunk_size=10_000))
