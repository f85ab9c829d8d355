"""The list of all runs, as a page and as a file, and the way from the sources to an import."""

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import (
    Connector,
    Review,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    SourceKind,
    User,
)
from reviews.services import undoing
from tests import factories

SignIn = Callable[[User], Client]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.INSPECTING, "Being looked through"),
        (RunState.READY, "Waiting for a decision"),
        (RunState.QUEUED, "Waiting to begin"),
        (RunState.RUNNING, "Under way"),
        (RunState.COMPLETE, "Complete"),
        (RunState.FAILED, "Failed"),
        (RunState.DISCARDED, "Not imported"),
        (RunState.UNDONE, "Undone"),
    ],
)
def test_the_list_says_in_words_how_each_run_stands(
    review: Review, file_source: Source, observer: User, signed_in: SignIn, *, state: RunState, words: str
) -> None:
    SearchRun.objects.create(review=review, source=file_source, trigger=RunTrigger.FILE, state=state)

    page = signed_in(observer).get(reverse("reviews:runs", args=[review.slug])).content.decode()

    assert f"<span>{words}</span>" in page


def test_the_file_of_runs_holds_every_number_and_who_undid_what(
    review: Review, file_source: Source, reviewer: User, observer: User, signed_in: SignIn
) -> None:
    factories.report(review, source=file_source)
    undone = SearchRun.objects.get()
    factories.report(review, source=file_source)
    stands = SearchRun.objects.latest("pk")
    SearchRun.objects.filter(pk=stands.pk).update(
        limits="English, from 2010", revised=3, vanished=2, retracted=1, requested_by=reviewer
    )
    for run in (undone, stands):
        undoing.undo(by=reviewer, run=run, reason="The wrong export")
    undoing.restore(by=reviewer, run=stands)

    answer = signed_in(observer).get(reverse("reviews:runs_csv", args=[review.slug]))

    text = b"".join(answer).decode("utf-8-sig")
    rows = {row["run"]: row for row in csv.DictReader(io.StringIO(text))}
    first, second = rows[str(undone.pk)], rows[str(stands.pk)]
    names = ("limits", "revised", "vanished", "retracted", "requested_by", "looked_at")
    assert [second[name] for name in names] == ["English, from 2010", "3", "2", "1", "Reviewer a", "full"]
    assert (second["undone_at"], second["undone_by"]) == ("", "")
    assert (first["state"], first["undone_by"], first["undone_why"]) == (
        "undone",
        "Reviewer a",
        "The wrong export",
    )
    assert first["undone_at"][:4].isdecimal()


def test_the_sources_lead_to_the_import(
    review: Review, file_source: Source, reviewer: User, observer: User, signed_in: SignIn
) -> None:
    wizard = f'href="{reverse("reviews:import", args=[review.slug])}"'
    address = reverse("reviews:sources", args=[review.slug])
    assert wizard in signed_in(reviewer).get(address).content.decode()
    assert wizard not in signed_in(observer).get(address).content.decode()


def test_a_file_that_waits_is_seen_behind_later_runs(
    review: Review, file_source: Source, reviewer: User, signed_in: SignIn
) -> None:
    waits = SearchRun.objects.create(
        review=review,
        source=file_source,
        trigger=RunTrigger.FILE,
        state=RunState.READY,
        file_name="first.ris",
    )
    address = reverse("reviews:sources", args=[review.slug])
    client = signed_in(reviewer)
    assert client.get(address).content.decode().count("See what is in first.ris") == 1
    factories.report(review, source=file_source)

    page = client.get(address).content.decode()

    assert page.count("See what is in first.ris") == 1
    assert reverse("reviews:run", args=[review.slug, waits.pk]) in page


def test_the_import_offers_no_source_that_takes_no_files(
    review: Review, file_source: Source, reviewer: User, signed_in: SignIn
) -> None:
    factories.source(review, "Colleagues", connector=Connector.HAND, kind=SourceKind.WEBSITE)
    factories.source(review, "Chased", connector=Connector.CITATIONS, kind=SourceKind.CITATIONS)
    page = signed_in(reviewer).get(reverse("reviews:import", args=[review.slug])).content.decode()
    assert file_source.name in page
    assert "Colleagues" not in page
    assert "Chased" not in page


def test_a_run_names_the_service_that_understood_the_query(
    review: Review, reviewer: User, signed_in: SignIn
) -> None:
    source = factories.source(review, "Europe PMC", connector=Connector.EUROPEPMC, query="zinc")
    run = SearchRun.objects.create(
        review=review,
        source=source,
        trigger=RunTrigger.HAND,
        state=RunState.COMPLETE,
        translation="zinc, and all its names",
        window_to=date(2026, 5, 1),
    )
    page = signed_in(reviewer).get(reverse("reviews:run", args=[review.slug, run.pk])).content.decode()
    assert "As Europe PMC understood it" in page
    assert "in Europe PMC</dt>" in page
    assert "in PubMed" not in page
