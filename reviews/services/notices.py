"""What a source said of records after they came: written once, and answered by a person where it matters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from reviews import audit, sequence
from reviews.access import Right, require
from reviews.errors import DomainError
from reviews.models import NoticeAnswer, NoticeKind, Record, RecordNotice, Review, SearchRun, User
from reviews.services.bundles import stretches_of
from reviews.services.findings import Finding

# What a person must decide about when the publication is in the review's results.
GRAVE = (NoticeKind.RETRACTED, NoticeKind.CONCERN)
_GONE = (NoticeKind.VANISHED, NoticeKind.WITHDRAWN)
_CHUNK = 500
_ROOT = Coalesce("filed__report__canonical_id", "filed__report_id")


class AlreadyAnswered(DomainError):
    code = "already_answered"
    sentence = "Somebody has answered this notice already."


@dataclass(frozen=True, slots=True)
class Noticed:
    """How many notices a run wrote: all, of records gone, and of publications retracted since they came."""

    total: int
    vanished: int
    retracted: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A record that counts, and the publication that it stands in."""

    pk: int
    source_id: int
    external_id: str
    pmid: str
    run_id: int
    root: int


def write(run: SearchRun, name: str, *, seq: int) -> Noticed:
    """Write what the run found out, in the caller's transaction, once its own records count.

    What was noticed of a publication before is not written again.
    """
    findings = list(dict.fromkeys(Finding(**values) for values in stretches_of(run, name)))
    written: dict[tuple[int, str, str], tuple[_Row, Finding]] = {}
    for start in range(0, len(findings), _CHUNK):
        chunk = findings[start : start + _CHUNK]
        targets = list(_targets(run, chunk))
        said = _said(run, {row.root for row, _ in targets})
        for row, finding in targets:
            key = (row.root, finding.kind, finding.detail)
            if finding.kind in {*_GONE, NoticeKind.RETURNED}:
                written.setdefault((row.pk, finding.kind, ""), (row, finding))
            elif key not in said and (finding.detail or (row.root, finding.kind) not in said):
                written.setdefault(key, (row, finding))
    RecordNotice.objects.bulk_create(
        [
            RecordNotice(
                review_id=run.review_id,
                record_id=row.pk,
                run=run,
                kind=finding.kind,
                detail=finding.detail,
                seq=seq,
            )
            for row, finding in written.values()
        ],
        batch_size=_CHUNK,
    )
    return Noticed(
        total=len(written),
        vanished=sum(finding.kind in _GONE for _, finding in written.values()),
        retracted=len(
            {
                row.root
                for row, finding in written.values()
                if finding.kind == NoticeKind.RETRACTED and row.run_id != run.pk
            }
        ),
    )


def _targets(run: SearchRun, findings: Sequence[Finding]) -> Iterator[tuple[_Row, Finding]]:
    """Of each publication that a finding is about, the first record that counts."""
    rows = _rows(run, findings)
    by_id: dict[str, list[_Row]] = {}
    by_pmid: dict[str, list[_Row]] = {}
    for row in rows:
        if row.source_id == run.source_id and row.external_id:
            by_id.setdefault(row.external_id, []).append(row)
        if row.pmid:
            by_pmid.setdefault(row.pmid, []).append(row)
    for finding in findings:
        about = by_id.get(finding.external_id, []) if finding.external_id else []
        about = [*about, *(by_pmid.get(finding.pmid, []) if finding.pmid else [])]
        first: dict[int, _Row] = {}
        for row in sorted(about, key=lambda one: one.pk):
            first.setdefault(row.root, row)
        yield from ((row, finding) for row in first.values())


def _rows(run: SearchRun, findings: Sequence[Finding]) -> list[_Row]:
    ids = {finding.external_id for finding in findings if finding.external_id}
    pmids = {finding.pmid for finding in findings if finding.pmid}
    found = (
        Record.objects.filter(review_id=run.review_id, seq__isnull=False)
        .filter(Q(source_id=run.source_id, external_id__in=ids) | Q(pmid__in=pmids))
        .annotate(root=_ROOT)
        .order_by("pk")
        .values_list("pk", "source_id", "external_id", "pmid", "run_id", "root")
    )
    return [_Row(*values) for values in found]


def _said(run: SearchRun, roots: Iterable[int]) -> set[tuple[int, str] | tuple[int, str, str]]:
    """What was noticed of these publications, with and without its detail."""
    wanted = sorted(roots)
    said: set[tuple[int, str] | tuple[int, str, str]] = set()
    for start in range(0, len(wanted), _CHUNK):
        found = (
            RecordNotice.objects.filter(review_id=run.review_id)
            .annotate(root=Coalesce("record__filed__report__canonical_id", "record__filed__report_id"))
            .filter(root__in=wanted[start : start + _CHUNK])
            .values_list("root", "kind", "detail")
        )
        for root, kind, detail in found:
            said |= {(root, kind), (root, kind, detail)}
    return said


@transaction.atomic
def answer(
    *, by: User, review: Review, notices: Sequence[RecordNotice], note: str = ""
) -> list[NoticeAnswer]:
    """Say that notices were seen and what follows from them; the task about them is done.

    Refuses where somebody has answered one of them already.
    """
    require(by, review, Right.EXTRACT)
    locked = list(
        RecordNotice.objects.select_for_update(of=("self",))
        .filter(review=review, pk__in=[notice.pk for notice in notices])
        .order_by("pk")
    )
    if NoticeAnswer.objects.filter(notice__in=locked).exists():
        raise AlreadyAnswered
    if not locked:
        return []
    seq = sequence.take(review.pk)
    answers = [NoticeAnswer(notice=notice, note=note.strip(), by=by, seq=seq) for notice in locked]
    for one in answers:
        one.save(force_insert=True)
        audit.record(
            by=by,
            verb="notice.answered",
            target=one,
            review_id=review.pk,
            seq=seq,
            new={"notice": one.notice_id, "note": one.note},
        )
    return answers
