"""The pages of the flow, their doors, and the figure that a worker draws."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from analysis.flow_rows import BOXES, rows
from analysis.plots import flow_steps
from analysis.selectors import flow
from analysis.services import flow_figure
from reviews.models import Review, User
from tests import factories
from tests.analysis.report.makers import exclude, include

Relay = Callable[[], int]
SignIn = Callable[[User], Client]


@pytest.fixture
def page(observer: User, signed_in: SignIn) -> Client:
    return signed_in(observer)


def url(review: Review, name: str = "flow", *args: str) -> str:
    return reverse(f"analysis:{name}", args=[review.slug, *args])


def test_the_page_shows_numbers_at_once_and_the_figure_once_drawn(
    started_review: Review, relay: Relay, page: Client
) -> None:
    factories.reports(started_review, 2)
    relay()
    first = page.get(url(started_review))
    assert "being drawn" in first.text
    assert flow_figure.draw(started_review.pk) == 7
    assert flow_figure.draw(started_review.pk) == 0
    text = page.get(url(started_review)).text
    assert "being drawn" not in text
    assert url(started_review, "flow_list", "awaiting_screening") in text
    assert " style=" not in text


def test_the_live_part_answers_only_when_something_is_new(review: Review, page: Client) -> None:
    key = page.get(url(review)).context["key"]
    live = url(review, "flow_live")
    assert page.get(live, {"seen": key}).status_code == 204
    factories.report(review)
    answer = page.get(live, {"seen": key}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text


def test_a_flow_that_does_not_add_up_says_so(review: Review, page: Client) -> None:
    report = factories.report(review)
    assert "does not add up" not in page.get(url(review)).text
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reviews_recordreport WHERE report_id = %s", [report.pk])
    assert "does not add up" in page.get(url(review)).text


def test_downloads_are_files(review: Review, page: Client) -> None:
    factories.report(review)
    answer = page.get(url(review, "flow_download", "png"))
    assert (answer.status_code, answer.headers["Refresh"]) == (202, "2")
    flow_figure.draw(review.pk)
    for kind, head in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("csv", b"data,node")):
        answer = page.get(url(review, "flow_download", kind))
        assert answer.status_code == 200
        assert answer.content.startswith(head)
        assert f".{kind}" in answer.headers["Content-Disposition"]
    assert page.get(url(review, "flow_download", "exe")).status_code == 404


def test_lists_behind_boxes_are_paged_by_key(
    review: Review, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.views.flow.PAGE", 2)
    factories.reports(review, 3, titles=["Alpha trial", "Beta trial", "Gamma trial"])
    first = page.get(url(review, "flow_list", "identified"))
    assert "Alpha trial" in first.text
    assert "Gamma trial" not in first.text
    second = page.get(first.context["next_url"])
    assert "Gamma trial" in second.text
    assert second.context["next_url"] == ""
    assert page.get(url(review, "flow_list", "identified") + "?after=x").status_code == 200


def test_a_list_as_csv_is_neutral_to_spreadsheets(review: Review, page: Client) -> None:
    factories.report(review, title="=1+1")
    answer = page.get(url(review, "flow_list_csv", "awaiting_screening"))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=1+1" in text
    assert "Awaiting a decision on title and abstract" in text


def test_every_box_of_the_figure_has_its_list(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User, page: Client
) -> None:
    pair = [reviewer, second_reviewer]
    include(started_review, pair, relay)
    exclude(started_review, pair, relay, reason="Wrong design")
    factories.report(started_review)
    found = flow.flow(started_review)
    drawn = {box.key for step in flow_steps(found) for box in (step.main, *step.sides)}
    assert drawn == {row.key for row in rows(found)} <= set(BOXES)
    for row in rows(found):
        if not row.is_detail and row.key not in {"included", "identified"}:
            listed = page.get(url(started_review, "flow_list", row.key))
            assert listed.context["total"] == row.n, row.key


def test_doors_and_methods(
    review: Review, outsider: User, signed_in: SignIn, client: Client, page: Client
) -> None:
    assert client.get(url(review)).status_code == 302
    assert signed_in(outsider).get(url(review)).status_code == 404
    assert page.post(url(review)).status_code == 405
    assert page.get(url(review, "flow_list", "nowhere")).status_code == 404
    assert page.get(url(review, "flow_list_csv", "nowhere")).status_code == 404


def test_the_page_takes_few_statements(
    started_review: Review, relay: Relay, page: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    factories.reports(started_review, 20)
    relay()
    with django_assert_max_num_queries(18):  # type: ignore[attr-defined]
        page.get(url(started_review))
