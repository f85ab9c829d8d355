"""What becomes of uploaded files: kept with what was imported, removed with what was not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.models import AuditEvent, Record, Review, RunState, SearchRun, Source, User
from reviews.services import imports, inspecting, searches
from reviews.tasks import clear_uploads

OnCommit = Callable[..., Any]
CONTENT = b"TY  - JOUR\nTI  - A trial\nPY  - 2021\nER  - \n"


def upload(source: Source, by: User) -> SearchRun:
    run = imports.begin(by=by, source=source, name="a.ris", file=ContentFile(CONTENT, "a.ris"))
    inspecting.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.READY
    return run


def is_kept(name: str | None) -> bool:
    return default_storage.exists(str(name))


def age(run: SearchRun, days: int) -> None:
    SearchRun.objects.filter(pk=run.pk).update(requested_at=timezone.now() - timedelta(days=days))


def test_the_file_of_a_discarded_import_is_removed_when_that_is_certain(
    file_source: Source, lead: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    run = upload(file_source, lead)
    name = run.file.name

    with django_capture_on_commit_callbacks(execute=True):
        imports.discard(by=lead, run=run)
        assert is_kept(name)

    assert not is_kept(name)
    run.refresh_from_db()
    assert (run.state, run.file.name, run.file_name) == (RunState.DISCARDED, "", "a.ris")
    assert run.file_sha256


def test_a_file_from_which_another_import_is_read_stays(
    file_source: Source, lead: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    failed = upload(file_source, lead)
    SearchRun.objects.filter(pk=failed.pk).update(state=RunState.FAILED)
    failed.refresh_from_db()
    again = imports.read_again(by=lead, run=failed)
    assert again.file.name == failed.file.name

    with django_capture_on_commit_callbacks(execute=True):
        imports.discard(by=lead, run=again)

    assert is_kept(failed.file.name)


def test_what_was_imported_keeps_its_file_and_the_text_of_each_record(
    file_source: Source, lead: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    run = upload(file_source, lead)
    imports.confirm(by=lead, run=run)
    searches.execute(run.pk)
    with django_capture_on_commit_callbacks(execute=True):
        imports.discard(by=lead, run=upload(file_source, lead))
    age(run, 400)

    clear_uploads()

    run.refresh_from_db()
    assert is_kept(run.file.name)
    assert Record.objects.get(run=run).raw


def test_a_file_on_which_nobody_decides_is_set_aside_after_its_days(
    review: Review,
    file_source: Source,
    lead: User,
    signed_in: Callable[[User], Client],
    settings: Any,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    settings.IMPORT_KEEP_DAYS = 30
    old, young = upload(file_source, lead), upload(file_source, lead)
    age(old, 31)
    age(young, 29)
    name = old.file.name

    with django_capture_on_commit_callbacks(execute=True):
        assert imports.clear_uploads() == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.state, young.state) == (RunState.DISCARDED, RunState.READY)
    assert not is_kept(name)
    assert is_kept(young.file.name)
    assert AuditEvent.objects.get(verb="import.discarded", target_id=old.pk).actor_id is None
    page = signed_in(lead).get(reverse("reviews:run", args=[review.slug, old.pk])).content.decode()
    assert "Nobody decided on it for 30 days." in page
    assert imports.clear_uploads() == 0


def test_a_file_that_a_dead_worker_left_is_removed_later(file_source: Source, lead: User) -> None:
    run = upload(file_source, lead)
    imports.discard(by=lead, run=run)  # and nothing is done after the transaction
    assert is_kept(run.file.name)

    imports.clear_uploads()

    assert not is_kept(run.file.name)


def test_a_worker_that_comes_for_a_file_that_was_just_removed_leaves_it(
    file_source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = imports.begin(by=lead, source=file_source, name="a.ris", file=ContentFile(CONTENT, "a.ris"))
    look = inspecting._look

    def late(read: SearchRun, token: str) -> inspecting.Found:
        imports.discard(by=lead, run=run)
        imports.clear_uploads()
        return look(read, token)

    monkeypatch.setattr(inspecting, "_look", late)

    assert not inspecting.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.DISCARDED, "")


def test_a_file_that_the_storage_has_lost_is_no_quiet_matter(file_source: Source, lead: User) -> None:
    run = imports.begin(by=lead, source=file_source, name="a.ris", file=ContentFile(CONTENT, "a.ris"))
    run.file.storage.delete(str(run.file.name))
    with pytest.raises(FileNotFoundError):
        inspecting.execute(run.pk)


def test_the_clean_up_is_on_the_schedule() -> None:
    assert clear_uploads.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
