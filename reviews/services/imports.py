"""Files of references: taken in whole, read by a worker."""

import hashlib
from datetime import date

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.formats import sniff
from reviews.formats.sniffing import HEAD_BYTES
from reviews.models import RunState, RunTrigger, SearchRun, Source, User
from reviews.services import searches


class SameFile(DomainError):
    code = "same_file"
    sentence = "This very file was imported for {source} on {day}. Import it again only if that is meant."


def import_file(
    *,
    by: User,
    source: Source,
    name: str,
    file: File,  # type: ignore[type-arg]  # bytes, as Django's uploads are
    searched_on: date | None = None,
    again: bool = False,
) -> SearchRun:
    """Queue a file for reading. Refuses unknown formats at once, and the same file twice unless `again`."""
    require(by, source.protocol.review, Right.SEARCH)
    if source.retired_at is not None:
        raise InvalidInput("{name} was taken out of the protocol.", name=source.name)
    if not file.size:
        raise InvalidInput("The file is empty.")
    file.seek(0)
    sniff(name, file.read(HEAD_BYTES))
    digest = _digest(file)
    with transaction.atomic():
        locked = (
            Source.objects.select_for_update(of=("self",))
            .select_related("protocol__review")
            .get(pk=source.pk)
        )
        _refuse_same_file(locked, digest, again=again)
        file.seek(0)
        run = searches.queue(
            source=locked,
            trigger=RunTrigger.FILE,
            by=by,
            file_name=name[:255],
            file_sha256=digest,
            searched_on=searched_on or timezone.localdate(),
            query_sent=locked.query,
        )
        run.file.save(f"{digest[:16]}-{run.pk}", file, save=False)
        run.save(update_fields=["file"])
    return run


@transaction.atomic
def read_again(*, by: User, run: SearchRun) -> SearchRun:
    """Queue the file of a failed import once more, as a run of its own; the history keeps both."""
    require(by, run.review, Right.SEARCH)
    if run.trigger != RunTrigger.FILE or run.state != RunState.FAILED:
        raise InvalidInput("Only an import that failed can be read again.")
    source = (
        Source.objects.select_for_update(of=("self",))
        .select_related("protocol__review")
        .get(pk=run.source_id)
    )
    _refuse_same_file(source, run.file_sha256, again=False)
    return searches.queue(
        source=source,
        trigger=RunTrigger.FILE,
        by=by,
        file=run.file.name,
        file_name=run.file_name,
        file_sha256=run.file_sha256,
        searched_on=run.searched_on,
        query_sent=run.query_sent,
    )


def _digest(file: File) -> str:  # type: ignore[type-arg]  # as above
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _refuse_same_file(source: Source, digest: str, *, again: bool) -> None:
    if again:
        return
    imported = (RunState.QUEUED, RunState.RUNNING, RunState.COMPLETE)
    earlier = SearchRun.objects.filter(source=source, file_sha256=digest, state__in=imported).first()
    if earlier:
        raise SameFile(source=source.name, day=f"{earlier.requested_at:%-d %B %Y}")
