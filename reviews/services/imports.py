"""Files of references: uploaded, looked through, and imported once a person has said so."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.formats import read
from reviews.models import RunProblem, RunState, RunTrigger, SearchRun, Source, User
from reviews.services import import_reading, inspecting, searches

_NAME_LENGTH = 255
_CLEARED_AT_ONCE = 100
# States in which a file is imported, or about to be.
_TAKEN = (RunState.QUEUED, RunState.RUNNING, RunState.COMPLETE)
_LOOKED_AT = (RunState.INSPECTING, RunState.READY)
# What a run keeps of its file when that is read once more.
_KEPT = ("file_name", "file_sha256", "searched_on", "query_sent", "limits", "mapping")


class SameFile(DomainError):
    code = "same_file"
    sentence = "This very file was imported for {source} on {day}. Import it again only if that is meant."


class NotReady(DomainError):
    code = "not_ready"
    sentence = "This file does not wait for a decision any more."


@dataclass(frozen=True, slots=True)
class Told:
    """What the person says of the search that a file is the result of, for PRISMA-S."""

    searched_on: date | None = None
    query: str | None = None
    limits: str = ""


def import_file(
    *,
    by: User,
    source: Source,
    name: str,
    file: File,  # type: ignore[type-arg]  # bytes, as Django's uploads are
    searched_on: date | None = None,
    again: bool = False,
) -> SearchRun:
    """Queue a file at once, without a preview: for programs.

    Refuses unknown formats at once, and the same file twice unless `again`.
    """
    _refuse(by, source, name, file)
    digest = _digest(file)
    with transaction.atomic():
        locked = _lock(source)
        _refuse_same_file(locked, digest, again=again)
        run = searches.queue(
            source=locked,
            trigger=RunTrigger.FILE,
            by=by,
            file_name=clean_name(name),
            file_sha256=digest,
            searched_on=searched_on or timezone.localdate(),
            query_sent=locked.query,
        )
        _keep(run, file, digest)
    return run


def begin(
    *,
    by: User,
    source: Source,
    name: str,
    file: File,  # type: ignore[type-arg]  # as above
    told: Told | None = None,
) -> SearchRun:
    """Take a file in and have it looked through; nothing is imported before `confirm`.

    Refuses unknown formats and empty files at once.
    """
    told = told or Told()
    _refuse(by, source, name, file)
    digest = _digest(file)
    with transaction.atomic():
        locked = _lock(source)
        run = SearchRun.objects.create(
            review=locked.protocol.review,
            source=locked,
            trigger=RunTrigger.FILE,
            state=RunState.INSPECTING,
            requested_by=by,
            file_name=clean_name(name),
            file_sha256=digest,
            searched_on=told.searched_on or timezone.localdate(),
            query_sent=locked.query if told.query is None else told.query.strip(),
            limits=told.limits.strip(),
        )
        _keep(run, file, digest)
        _audit(by, run, "import.uploaded", {"source": source.pk, "sha256": digest})
        events.poke(inspecting.INSPECT_TASK, run.pk)
    return run


@transaction.atomic
def choose_columns(*, by: User, run: SearchRun, mapping: Mapping[str, int]) -> SearchRun:
    """Say which column of a table is what; the file is looked through again.

    Refuses a file that no longer waits, and a table of which nothing says what a row is about.
    """
    require(by, run.review, Right.SEARCH)
    locked = _waiting(run, (RunState.READY,))
    if not inspecting.ANCHORS & set(mapping):
        raise InvalidInput("Say at least which column holds the title, the DOI or the PMID.")
    old = locked.mapping
    locked.mapping, locked.checkpoint = dict(mapping), {}
    locked.state, locked.started_at, locked.requested_at = RunState.INSPECTING, None, timezone.now()
    locked.save(update_fields=["mapping", "checkpoint", "state", "started_at", "requested_at"])
    _audit(by, locked, "import.columns", dict(mapping), old=old)
    events.poke(inspecting.INSPECT_TASK, locked.pk)
    return locked


@transaction.atomic
def confirm(*, by: User, run: SearchRun, again: bool = False) -> SearchRun:
    """Import what was looked through. Refuses the same file for the same source unless `again`."""
    require(by, run.review, Right.SEARCH)
    source = _lock(run.source)
    _refuse_retired(source)
    locked = _waiting(run, (RunState.READY,))
    if locked.inspection.get("needs_columns"):
        raise InvalidInput("Say first which column holds the title, the DOI or the PMID.")
    _refuse_same_file(source, locked.file_sha256, again=again)
    # The import names each faulty row itself.
    RunProblem.objects.filter(run=locked).delete()
    locked.state, locked.started_at, locked.checkpoint, locked.problems = RunState.QUEUED, None, {}, 0
    locked.save(update_fields=["state", "started_at", "checkpoint", "problems"])
    _audit(by, locked, "run.queued", {"source": source.pk, "trigger": str(locked.trigger)})
    events.poke(searches.EXECUTE_TASK, locked.pk)
    return locked


@transaction.atomic
def discard(*, by: User, run: SearchRun) -> None:
    """Do not import the file, which is removed; that it was here stays in the history."""
    require(by, run.review, Right.SEARCH)
    locked = _waiting(run, _LOOKED_AT)
    _set_aside(by, locked)


def clear_uploads() -> int:
    """Set aside files on which nobody decided for long, and remove those that a lost worker left.

    Returns how many were set aside.
    """
    days = settings.IMPORT_KEEP_DAYS
    before = timezone.now() - timedelta(days=days)
    stale = SearchRun.objects.filter(state=RunState.READY, requested_at__lt=before).order_by("pk")
    done = sum(_set_aside_stale(run, before, days) for run in stale[:_CLEARED_AT_ONCE])
    left = SearchRun.objects.filter(state=RunState.DISCARDED, trigger=RunTrigger.FILE).exclude(file="")
    for run in left.order_by("pk")[:_CLEARED_AT_ONCE]:
        _remove_file(run)
    return done


@transaction.atomic
def _set_aside_stale(run: SearchRun, before: datetime, days: float) -> bool:
    locked = SearchRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.state != RunState.READY or locked.requested_at >= before:
        return False
    locked.error = f"Nobody decided on it for {days:g} days. Upload the file again to import it."
    _set_aside(None, locked)
    return True


def _set_aside(by: User | None, locked: SearchRun) -> None:
    locked.state, locked.finished_at = RunState.DISCARDED, timezone.now()
    locked.lease_token, locked.lease_until = "", None
    locked.save(update_fields=["state", "finished_at", "lease_token", "lease_until", "error"])
    _audit(by, locked, "import.discarded", None)
    # Storage knows no transactions: were this one rolled back, a file removed before would be lost.
    transaction.on_commit(partial(_remove_file, locked))


def _remove_file(run: SearchRun) -> None:
    """Remove the upload of a run that was set aside, unless another run, read from it too, keeps it."""
    name = str(run.file.name)
    keepers = SearchRun.objects.filter(review=run.review_id, file=name).exclude(state=RunState.DISCARDED)
    if not keepers.exists():
        run.file.storage.delete(name)
    SearchRun.objects.filter(pk=run.pk, state=RunState.DISCARDED).update(file="")


@transaction.atomic
def read_again(*, by: User, run: SearchRun) -> SearchRun:
    """Read the file of a failed import once more, as a run of its own; the history keeps both.

    Where looking through it failed, it is looked through again; else it is queued.
    """
    require(by, run.review, Right.SEARCH)
    if run.trigger != RunTrigger.FILE or run.state != RunState.FAILED:
        raise InvalidInput("Only an import that failed can be read again.")
    source = _lock(run.source)
    _refuse_retired(source)
    _refuse_same_file(source, run.file_sha256, again=False)
    kept: dict[str, Any] = {name: getattr(run, name) for name in _KEPT}
    if is_imported(run):
        return searches.queue(source=source, trigger=RunTrigger.FILE, by=by, file=run.file.name, **kept)
    begun = SearchRun.objects.create(
        review=source.protocol.review,
        source=source,
        trigger=RunTrigger.FILE,
        state=RunState.INSPECTING,
        requested_by=by,
        file=run.file.name,
        **kept,
    )
    _audit(by, begun, "import.uploaded", {"source": source.pk, "sha256": run.file_sha256})
    events.poke(inspecting.INSPECT_TASK, begun.pk)
    return begun


def is_imported(run: SearchRun) -> bool:
    """Whether the run came as far as importing; before that it is looked through."""
    return "looks" not in run.checkpoint


def clean_name(name: str) -> str:
    """A file name as it may be shown: without folders, control characters and marks that turn text round."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return " ".join(plain.split())[:_NAME_LENGTH] or "file"


def same_file(run: SearchRun) -> list[SearchRun]:
    """Where the very same file was imported before in this review, or waits to be."""
    others = SearchRun.objects.filter(review=run.review_id, file_sha256=run.file_sha256).exclude(pk=run.pk)
    found = others.filter(state__in=(*_TAKEN, *_LOOKED_AT)).defer("checkpoint").select_related("source")
    return list(found.order_by("pk")) if run.file_sha256 else []


def taken(runs: Iterable[SearchRun]) -> list[SearchRun]:
    """Of these runs, those that import their file or have done so."""
    return [run for run in runs if run.state in _TAKEN]


def _refuse(by: User, source: Source, name: str, file: File) -> None:  # type: ignore[type-arg]  # as above
    require(by, source.protocol.review, Right.SEARCH)
    _refuse_retired(source)
    if not file.size:
        raise InvalidInput("The file is empty.")
    file.seek(0)
    # Refuses what it does not know before the first record.
    read(import_reading.Counted(file), name=clean_name(name))


def _refuse_retired(source: Source) -> None:
    if source.retired_at is not None:
        raise InvalidInput("{name} was taken out of the protocol.", name=source.name)


def _lock(source: Source) -> Source:
    rows = Source.objects.select_for_update(of=("self",)).select_related("protocol__review")
    return rows.get(pk=source.pk)


def _waiting(run: SearchRun, states: tuple[RunState, ...]) -> SearchRun:
    locked = SearchRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.state not in states:
        raise NotReady
    return locked


def _keep(run: SearchRun, file: File, digest: str) -> None:  # type: ignore[type-arg]  # as above
    file.seek(0)
    run.file.save(f"{digest[:16]}-{run.pk}", file, save=False)
    run.save(update_fields=["file"])


def _digest(file: File) -> str:  # type: ignore[type-arg]  # as above
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _refuse_same_file(source: Source, digest: str, *, again: bool) -> None:
    if again:
        return
    earlier = SearchRun.objects.filter(source=source, file_sha256=digest, state__in=_TAKEN).first()
    if earlier:
        raise SameFile(source=source.name, day=f"{earlier.requested_at:%-d %B %Y}")


def _audit(by: User | None, run: SearchRun, verb: str, new: Any, *, old: Any = None) -> None:
    audit.record(
        by=by,
        verb=verb,
        target=run,
        review_id=run.review_id,
        seq=sequence.take(run.review_id),
        old=old,
        new=new,
    )
