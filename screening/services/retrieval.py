"""Getting hold of full texts. Each step is undone by a later one."""

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.text import get_valid_filename

from reviews import audit, events
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import Report, User
from screening import merged
from screening.errors import AlreadyRead, NotAtFullText
from screening.models import (
    Attachment,
    Retrieval,
    RetrievalKind,
    ScreeningOutcome,
    ScreeningState,
    StageName,
)
from screening.reading import read
from screening.services.projection import Movement, lock
from screening.services.stages import stages_of

_PDF = b"%PDF-"
_HEAD = 1024  # readers accept some bytes before the header (PDF 1.7, appendix H, note 13)


def want(*, by: User, report: Report) -> ScreeningState:
    """Seek the full text (again), also after it was given up. Refuses texts that people have voted on."""
    return _step(by=by, report=report, kind=RetrievalKind.WANTED)


def request(*, by: User, report: Report, note: str = "") -> ScreeningState:
    """Note that the text was asked for, of whom, for example the library or the authors."""
    return _step(by=by, report=report, kind=RetrievalKind.REQUESTED, reason=note)


def not_retrieved(*, by: User, report: Report, reason: str) -> ScreeningState:
    """Give the text up, and say why. Refuses an empty reason, and texts that people have voted on."""
    if not reason.strip():
        raise InvalidInput("Say why the full text could not be retrieved.")
    return _step(by=by, report=report, kind=RetrievalKind.NOT_RETRIEVED, reason=reason)


def read_elsewhere(*, by: User, report: Report, place: str) -> ScreeningState:
    """The text is at hand but not in a file here: on paper, or behind a licence. Refuses an empty place."""
    if not place.strip():
        raise InvalidInput("Say where the team reads this full text.")
    return _step(by=by, report=report, kind=RetrievalKind.RETRIEVED, reason=place)


@transaction.atomic
def attach(*, by: User, report: Report, file: File[bytes]) -> Attachment:
    """Add the PDF: the report may be voted on. Refuses what is no PDF, and too large files."""
    require(by, report.review, Right.SCREEN)
    size, sha256 = _measure(file)
    name = get_valid_filename((file.name or "full-text.pdf").replace("\\", "/").rsplit("/", 1)[-1])
    attachment = Attachment(
        review=report.review,
        report=merged.canonical_of(report),
        name=name[-200:],
        size=size,
        sha256=sha256,
        added_by=by,
    )

    def store() -> Attachment:
        # Only after every check: a refused step leaves no file behind.
        attachment.file.save(f"{sha256[:24]}.pdf", file, save=False)
        attachment.save(force_insert=True)
        return attachment

    _step(by=by, report=report, kind=RetrievalKind.RETRIEVED, store=store)
    return attachment


def _measure(file: File[bytes]) -> tuple[int, str]:
    if file.size > settings.UPLOAD_MAX_BYTES:
        raise InvalidInput(
            "The file has {size} MB; {limit} MB is the limit.",
            size=file.size // 1_000_000,
            limit=settings.UPLOAD_MAX_BYTES // 1_000_000,
        )
    digest = hashlib.sha256()
    head = b""
    file.seek(0)
    for chunk in file.chunks():
        head = head or chunk[:_HEAD]
        digest.update(chunk)
    file.seek(0)
    if _PDF not in head:
        raise InvalidInput("“{name}” is not a PDF file.", name=file.name)
    return file.size, digest.hexdigest()


@transaction.atomic
def _step(
    *,
    by: User,
    report: Report,
    kind: RetrievalKind,
    reason: str = "",
    store: Callable[[], Attachment] | None = None,
) -> ScreeningState:
    review = report.review
    require(by, review, Right.SCREEN)
    report = merged.canonical_of(report)
    stages = stages_of(review)
    stage = stages[StageName.FULL_TEXT]
    state = lock(stage, [report.pk]).get(report.pk)
    if state is None or state.state == ScreeningOutcome.ABSORBED:
        raise NotAtFullText
    if state.votes and kind != RetrievalKind.RETRIEVED:
        raise AlreadyRead
    was = state.retrieval
    attachment = store() if store else None
    reading = read(stage, [report.pk])
    reading.retrievals[report.pk] = kind
    movement = Movement(review, stages)
    movement.move(stage, [state], reading)
    seq = movement.write()
    step = Retrieval.objects.create(
        report=report, kind=kind, reason=reason.strip()[:300], attachment=attachment, by=by, seq=seq
    )
    audit.record(
        by=by,
        verb=f"retrieval.{kind}",
        target=step,
        review_id=review.pk,
        seq=seq,
        old={"retrieval": was},
        new={"retrieval": kind, "report": report.pk},
    )
    movement.tell()
    events.emit("retrieval.changed", review_id=review.pk, report=report.pk)
    return state
