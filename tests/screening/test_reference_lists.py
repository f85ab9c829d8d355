"""Lists leave as references: what was decided goes along, votes never do."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from reviews import exports
from reviews.formats import ParsedRecord, read
from reviews.models import Review, User
from tests import factories
from tests.screening.support import FT, TA, at_full_text, opened, reasons, vote

SignIn = Callable[[User], Client]


def _records(client: Client, url: str) -> list[ParsedRecord]:
    response = client.get(url)
    assert response.status_code == 200
    content = response.getvalue()
    if b"TY  - " not in content:
        return []
    items = read(io.BytesIO(content), name="list.ris")
    return [item for item in items if isinstance(item, ParsedRecord)]


def _list(review: Review, extension: str, stage: str, state: str) -> str:
    return f"{reverse('screening:list_file', args=[review.slug, extension])}?stage={stage}&state={state}"


def test_each_list_holds_its_reports_and_their_reasons(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    included, excluded, open_one = at_full_text(started_review, reviewer, second_reviewer, 3)
    why = reasons(started_review)[0]
    for person in (reviewer, second_reviewer):
        vote(person, included, "include", stage=FT)
        vote(person, excluded, "exclude", stage=FT, reason=why)
    vote(reviewer, open_one, "include", stage=FT)
    client = signed_in(reviewer)

    (one,) = _records(client, _list(started_review, "ris", "full-text", "included"))
    (other,) = _records(client, _list(started_review, "ris", "full-text", "excluded"))
    (waiting,) = _records(client, _list(started_review, "ris", "full-text", "undecided"))

    assert (one.title, other.title, waiting.title) == (included.title, excluded.title, open_one.title)
    assert "N1  - Full text: Included" in one.raw
    assert f"N1  - Full text: Excluded: {why.label}" in other.raw
    assert "Full text" not in waiting.raw
    assert "N1  - Title and abstract: Included" in waiting.raw


def test_conflicts_are_listed_for_those_who_may_settle_them_only(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User, signed_in: SignIn
) -> None:
    (report,) = opened(started_review)
    vote(reviewer, report, "include", stage=TA)
    vote(second_reviewer, report, "exclude", stage=TA)
    url = reverse("screening:conflicts_file", args=[started_review.slug, "title-abstract", "ris"])

    (listed,) = _records(signed_in(third_reviewer), url)

    assert listed.title == report.title
    assert "include" not in listed.raw.casefold().replace("included", "")
    assert _records(signed_in(reviewer), url) == []


def test_publications_come_once_with_every_source_and_records_as_they_came(
    started_review: Review, lead: User, reviewer: User, signed_in: SignIn
) -> None:
    embase = factories.source(started_review, "Embase")
    factories.report(started_review, "Zinc for colds")
    factories.report(started_review, "Honey for coughs", source=embase)
    client = signed_in(reviewer)

    publications = _records(client, reverse("reviews:publications_file", args=[started_review.slug, "ris"]))
    records = _records(
        client,
        f"{reverse('reviews:records_file', args=[started_review.slug, 'ris'])}?source={embase.pk}",
    )

    assert [one.title for one in publications] == ["Zinc for colds", "Honey for coughs"]
    assert "N1  - Found in: Embase" in publications[1].raw
    assert [one.title for one in records] == ["Honey for coughs"]
    assert "N1  - Source: Embase" in records[0].raw


@pytest.mark.parametrize("extension", [extension for extension, _, _ in exports.REFERENCE_FORMATS])
def test_every_format_is_a_named_download(
    started_review: Review, reviewer: User, signed_in: SignIn, extension: str
) -> None:
    factories.report(started_review, "Zinc for colds")

    response = signed_in(reviewer).get(
        reverse("reviews:publications_file", args=[started_review.slug, extension])
    )

    assert response.status_code == 200
    content = response.getvalue()
    assert f"-publications.{extension}" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    if extension == "xlsx":
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        assert sheet.cell(2, 1).value == "Zinc for colds"
    else:
        assert b"Zinc for colds" in content


def test_a_list_too_long_for_a_workbook_is_refused_in_words(
    started_review: Review, reviewer: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "XLSX_ROWS", 1)
    factories.reports(started_review, 2)

    response = signed_in(reviewer).get(
        reverse("reviews:publications_file", args=[started_review.slug, "xlsx"])
    )

    assert response.status_code == 422
    assert "Take it as CSV" in response.content.decode()


def test_outsiders_and_unknown_formats_find_nothing(
    started_review: Review, outsider: User, reviewer: User, signed_in: SignIn
) -> None:
    url = reverse("reviews:publications_file", args=[started_review.slug, "ris"])

    assert signed_in(outsider).get(url).status_code == 404
    assert signed_in(outsider).get(_list(started_review, "ris", "full-text", "all")).status_code == 404
    assert signed_in(reviewer).get(url.replace(".ris", ".exe")).status_code == 404


def test_the_downloads_page_offers_every_list(
    started_review: Review, reviewer: User, signed_in: SignIn
) -> None:
    page = signed_in(reviewer).get(reverse("analysis:exports", args=[started_review.slug])).content.decode()

    for extension, _, _ in exports.REFERENCE_FORMATS:
        assert reverse("reviews:publications_file", args=[started_review.slug, extension]) in page
    assert "stage=full-text&amp;state=excluded" in page
