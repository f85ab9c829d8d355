"""The import wizard as a person walks through it, without a script."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from reviews.models import Record, Review, RunState, SearchRun, Source, User
from reviews.services import inspecting, searches
from reviews.vendors import VENDORS
from tests import factories
from tests.reviews.formats.hostile import zipped

SignedIn = Callable[[User], Client]


def ris(*titles: str) -> bytes:
    return "".join(
        f"TY  - JOUR\nTI  - {title}\nAU  - Adams, J\nPY  - 2021\nER  - \n\n" for title in titles
    ).encode()


@pytest.fixture
def source(review: Review) -> Source:
    return factories.source(review, "Embase", vendor="embase_ovid", query="asthma/exp")


@pytest.fixture
def client(lead: User, signed_in: SignedIn) -> Client:
    return signed_in(lead)


@pytest.fixture
def upload(client: Client, review: Review, source: Source) -> Callable[..., SearchRun]:
    """Upload through the page and let the worker look through the file."""

    def put(content: bytes, name: str = "export.ris", of: Source = source) -> SearchRun:
        answer = client.post(
            f"/r/{review.slug}/sources/{of.pk}/import/",
            {
                "file": SimpleUploadedFile(name, content),
                "searched_on": timezone.localdate().isoformat(),
                "query": "asthma AND 2024",
                "limits": "English",
            },
        )
        assert answer.status_code == 302, answer.content.decode()
        run = SearchRun.objects.latest("pk")
        assert answer.headers["Location"] == f"/r/{review.slug}/runs/{run.pk}/"
        inspecting.execute(run.pk)
        run.refresh_from_db()
        return run

    return put


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_page_offers_sources_and_the_catalogue(
    client: Client, review: Review, source: Source
) -> None:
    page = text(client, f"/r/{review.slug}/import/")
    assert f"/r/{review.slug}/sources/{source.pk}/import/" in page
    for vendor in VENDORS.values():
        assert f"/r/{review.slug}/import/new/{vendor.key}/" in page


def test_who_may_not_change_the_protocol_is_offered_its_sources_only(
    review: Review, source: Source, reviewer: User, signed_in: SignedIn
) -> None:
    page = text(signed_in(reviewer), f"/r/{review.slug}/import/")
    assert "/sources/" in page
    assert "/import/new/" not in page
    assert signed_in(reviewer).get(f"/r/{review.slug}/import/new/scopus/").status_code == 403


@pytest.mark.parametrize("key", sorted(VENDORS))
def test_every_database_of_the_catalogue_says_how_to_export(key: str, client: Client, review: Review) -> None:
    page = text(client, f"/r/{review.slug}/import/new/{key}/")
    assert VENDORS[key].steps[0] in page.replace("&#x27;", "'")
    assert "How to export from" in page


def test_a_library_counts_among_the_databases_that_filled_it_unless_somebody_says_else(
    client: Client, review: Review
) -> None:
    page = text(client, f"/r/{review.slug}/import/new/reference_manager/")
    assert '<option value="database" selected>' in page
    assert "choose another kind" in page


def test_a_source_is_named_from_the_catalogue(client: Client, review: Review) -> None:
    answer = client.post(
        f"/r/{review.slug}/import/new/scopus/",
        {"name": "Scopus", "platform": "Scopus", "kind": "database", "query": ""},
    )
    source = Source.objects.get(protocol__review=review, name="Scopus")
    assert answer.headers["Location"] == f"/r/{review.slug}/sources/{source.pk}/import/"
    assert (source.vendor, source.connector) == ("scopus", "file")
    taken = client.post(
        f"/r/{review.slug}/import/new/scopus/", {"name": "Scopus", "platform": "", "kind": "database"}
    )
    assert taken.status_code == 422
    assert "already on the list" in taken.content.decode()


def test_after_the_start_a_new_source_needs_a_reason(
    started_review: Review, lead: User, signed_in: SignedIn
) -> None:
    client, address = signed_in(lead), f"/r/{started_review.slug}/import/new/scopus/"
    values = {"name": "Scopus", "platform": "Scopus", "kind": "database", "query": ""}
    assert client.post(address, values).status_code == 422
    assert client.post(address, {**values, "reason": "A librarian advised it."}).status_code == 302


def test_an_unknown_database_is_not_found(client: Client, review: Review) -> None:
    assert client.get(f"/r/{review.slug}/import/new/nowhere/").status_code == 404


def test_the_upload_page_says_how_to_export_and_knows_the_query(
    client: Client, review: Review, source: Source
) -> None:
    page = text(client, f"/r/{review.slug}/sources/{source.pk}/import/")
    assert "How to export from Embase (Ovid)" in page
    assert "asthma/exp" in page


def test_a_file_is_shown_before_anything_comes_in(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial", "Second trial", "First trial"))

    page = text(client, f"/r/{review.slug}/runs/{run.pk}/")

    assert "Import 3 records" in page
    assert "Nothing is imported yet" in page
    assert "Second trial" in page
    assert "The same record again" in page
    assert (run.query_sent, run.limits) == ("asthma AND 2024", "English")
    assert not Record.objects.exists()


def test_confirming_on_the_page_imports(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial"))
    client.post(f"/r/{review.slug}/runs/{run.pk}/confirm/")
    searches.execute(run.pk)
    assert Record.objects.get(seq__isnull=False).title == "First trial"
    assert "Undo this run" in text(client, f"/r/{review.slug}/runs/{run.pk}/")


def test_discarding_on_the_page_imports_nothing(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial"))
    answer = client.post(f"/r/{review.slug}/runs/{run.pk}/discard/", follow=True)
    assert "export.ris is not imported" in answer.content.decode()
    run.refresh_from_db()
    assert run.state == RunState.DISCARDED
    assert "Not imported" in text(client, f"/r/{review.slug}/runs/{run.pk}/")


def test_the_same_file_again_asks_for_a_yes(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    first = upload(ris("First trial"))
    client.post(f"/r/{review.slug}/runs/{first.pk}/confirm/")
    second = upload(ris("First trial"), name="renamed.ris")

    page = text(client, f"/r/{review.slug}/runs/{second.pk}/")
    assert "The very same file is here already" in page
    assert "I mean to import the same file again" in page
    answer = client.post(f"/r/{review.slug}/runs/{second.pk}/confirm/", follow=True)
    assert "Import it again only if that is meant" in answer.content.decode()
    client.post(f"/r/{review.slug}/runs/{second.pk}/confirm/", {"again": "1"})
    second.refresh_from_db()
    assert second.state == RunState.QUEUED


def test_problems_are_downloaded_with_what_became_of_the_record(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial", "First trial"))
    answer = client.get(f"/r/{review.slug}/runs/{run.pk}/problems.csv")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "row,code,problem,record,detail"
    assert lines[1].startswith("2,repeated,The same record again,kept,")


def test_a_zip_may_hold_more_than_references(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    """Whoever packs a folder packs its articles and notes too: they are named, and cost nothing else."""
    packed = zipped(("article.pdf", b"%PDF-1.7 not read"), ("one.ris", ris("Zinc", "Iron")))

    run = upload(packed, "folder.zip")

    page = text(client, f"/r/{review.slug}/runs/{run.pk}/")
    assert "Import 2 records" in page
    assert "article.pdf: it looks like: pdf" in page


def test_columns_of_a_table_are_told_and_looked_at_again(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(b"Heading,Who,When\nA trial of zinc,Adams J,2021\n", name="list.csv")
    page = text(client, f"/r/{review.slug}/runs/{run.pk}/")
    assert "Say what the columns are" in page
    assert "A trial of zinc" in page
    refused = client.post(f"/r/{review.slug}/runs/{run.pk}/confirm/", follow=True)
    assert "Say first which column" in refused.content.decode()

    client.post(
        f"/r/{review.slug}/runs/{run.pk}/columns/",
        {"column-0": "title", "column-1": "authors", "column-2": "year"},
    )
    inspecting.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.READY
    assert run.inspection["sample"][0]["title"] == "A trial of zinc"
    assert "Import 1 record" in text(client, f"/r/{review.slug}/runs/{run.pk}/")
    client.post(f"/r/{review.slug}/runs/{run.pk}/confirm/")
    searches.execute(run.pk)
    assert Record.objects.get().authors == ["Adams J"]


def test_progress_is_polled_and_stops_with_the_preview(
    client: Client, review: Review, source: Source, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial"))
    SearchRun.objects.filter(pk=run.pk).update(
        state=RunState.INSPECTING, inspection={"bytes": 4096, "size": 8192, "so_far": 12}
    )
    answer = client.get(f"/r/{review.slug}/runs/{run.pk}/", headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "Kilobytes read" in page
    assert "4 of 8" in page
    assert 'hx-trigger="every 1s"' in page
    again = client.get(
        f"/r/{review.slug}/runs/{run.pk}/",
        headers={"HX-Request": "true", "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304


def test_what_is_no_file_of_references_is_refused_on_the_page(
    client: Client, review: Review, source: Source
) -> None:
    for content in (b"%PDF-1.7 ...", b"<!DOCTYPE html><html><body>Sign in</body></html>", b""):
        answer = client.post(
            f"/r/{review.slug}/sources/{source.pk}/import/",
            {
                "file": SimpleUploadedFile("export.ris", content),
                "searched_on": timezone.localdate().isoformat(),
            },
        )
        assert answer.status_code == 422
    assert not SearchRun.objects.exists()


def test_a_file_name_is_shown_as_text(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial"), name="<b onmouseover=alert(1)>x.ris")
    page = text(client, f"/r/{review.slug}/runs/{run.pk}/")
    assert "<b onmouseover" not in page
    assert "&lt;b onmouseover=alert(1)&gt;x.ris" in page


def test_a_larger_file_than_allowed_is_refused(
    client: Client, review: Review, source: Source, settings: object
) -> None:
    settings.UPLOAD_MAX_BYTES = 10  # type: ignore[attr-defined]  # pytest-django's settings
    answer = client.post(
        f"/r/{review.slug}/sources/{source.pk}/import/",
        {
            "file": SimpleUploadedFile("export.ris", ris("First trial")),
            "searched_on": timezone.localdate().isoformat(),
        },
    )
    assert answer.status_code == 422
    assert "MB at most" in answer.content.decode()


def test_an_observer_sees_a_preview_and_decides_nothing(
    review: Review, observer: User, signed_in: SignedIn, upload: Callable[..., SearchRun]
) -> None:
    run = upload(ris("First trial"))
    client = signed_in(observer)
    page = text(client, f"/r/{review.slug}/runs/{run.pk}/")
    assert "First trial" in page
    assert "/confirm/" not in page
    assert client.post(f"/r/{review.slug}/runs/{run.pk}/confirm/").status_code == 403


def test_a_file_of_which_nothing_can_be_read_is_not_offered_for_import(
    client: Client, review: Review, upload: Callable[..., SearchRun]
) -> None:
    run = upload(b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1", "cut.xml")

    page = text(client, f"/r/{review.slug}/runs/{run.pk}/")
    assert "there is nothing to import" in page
    assert f"/r/{review.slug}/runs/{run.pk}/confirm/" not in page
    assert f"/r/{review.slug}/runs/{run.pk}/discard/" in page
