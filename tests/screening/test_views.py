"""Every page of screening: who may, what it does, with and without htmx, and at what price."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reviews.models import Report, Review, User
from screening.models import Decision
from screening.services import stages
from tests import factories
from tests.screening.support import FT, PDF, TA, at_full_text, attach, opened, reasons, state_of, vote

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Page:
    """One address: the right it asks for, and the method it answers."""

    path: str
    right: str = "screen"
    method: str = "get"


PAGES = [
    Page("", "view"),
    Page("full-text/", "view"),
    Page("reports/", "view"),
    Page("retrieval/", "view"),
    Page("votes.csv", "view"),
    Page("files/{file}/", "view"),
    Page("settings/", "manage"),
    Page("title-abstract/mine/"),
    Page("title-abstract/mine/{report}/"),
    Page("title-abstract/conflicts/"),
    Page("title-abstract/conflicts/{report}/"),
    Page("title-abstract/vote/", method="post"),
    Page("title-abstract/undo/", method="post"),
    Page("title-abstract/mine/{report}/change/", method="post"),
    Page("title-abstract/conflicts/{report}/judge/", method="post"),
    Page("title-abstract/conflicts/{report}/settle/", method="post"),
    Page("title-abstract/conflicts/{report}/reopen/", method="post"),
    Page("retrieval/{report}/want/", method="post"),
]
each_page = pytest.mark.parametrize("one_page", PAGES, ids=lambda one: f"{one.method} {one.path or 'screen'}")


@pytest.fixture
def ids(started_review: Review, reviewer: User, second_reviewer: User) -> dict[str, int]:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "include")
    return {"report": report.pk, "file": attach(reviewer, report).pk}


def address(review: Review, path: str) -> str:
    return f"/r/{review.slug}/screen/{path}"


def ask(client: Client, one_page: Page, review: Review, ids: dict[str, int], method: str = "") -> int:
    send = getattr(client, method or one_page.method)
    response = send(address(review, one_page.path.format(**ids)))
    if response.streaming:
        list(response.streaming_content)  # read to its end, a streamed file is closed
    return int(response.status_code)


@each_page
def test_a_stranger_is_asked_to_sign_in(one_page: Page, started_review: Review, ids: dict[str, int]) -> None:
    response = getattr(Client(), one_page.method)(address(started_review, one_page.path.format(**ids)))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@each_page
def test_an_outsider_finds_nothing(
    one_page: Page, started_review: Review, ids: dict[str, int], outsider: User, signed_in: SignIn
) -> None:
    assert ask(signed_in(outsider), one_page, started_review, ids) == 404


@each_page
def test_a_member_without_the_right_is_refused(
    one_page: Page,
    started_review: Review,
    ids: dict[str, int],
    observer: User,
    reviewer: User,
    signed_in: SignIn,
) -> None:
    status = ask(
        signed_in(reviewer if one_page.right == "manage" else observer), one_page, started_review, ids
    )
    assert (status == 403) == (one_page.right != "view")


@each_page
def test_another_method_is_refused(
    one_page: Page, started_review: Review, ids: dict[str, int], lead: User, signed_in: SignIn
) -> None:
    other = {"get": "delete", "post": "get"}[one_page.method]
    assert ask(signed_in(lead), one_page, started_review, ids, other) == 405


def test_ids_of_another_review_are_not_found(
    started_review: Review, ids: dict[str, int], lead: User, signed_in: SignIn
) -> None:
    other = factories.review(lead)
    client = signed_in(lead)
    for one_page in PAGES:
        if "{" in one_page.path:
            assert ask(client, one_page, other, ids) == 404, one_page


# -- Voting -------------------------------------------------------------------------------------------
def test_the_page_holds_the_next_reports(started_review: Review, reviewer: User, signed_in: SignIn) -> None:
    first, second, *_ = opened(started_review, 5)
    body = signed_in(reviewer).get(address(started_review, "")).content.decode()
    assert f'data-record="{first.pk}">' in body
    assert f'data-record="{second.pk}" hidden>' in body
    assert body.count("data-record=") == 3


@pytest.mark.parametrize("size", [3, 40])
def test_the_page_costs_the_same_for_few_and_many(
    size: int,
    started_review: Review,
    reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    opened(started_review, size)
    client = signed_in(reviewer)
    client.get(address(started_review, ""))  # the first visit writes the cursor
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]  # a context manager
        assert client.get(address(started_review, "")).status_code == 200


def test_a_vote_without_script_returns_to_the_page(
    started_review: Review, reviewer: User, signed_in: SignIn
) -> None:
    [report] = opened(started_review)
    response = signed_in(reviewer).post(
        address(started_review, "title-abstract/vote/"),
        {"report": report.pk, "verdict": "include", "note": "fits", "seconds": "12"},
    )
    assert (response.status_code, response["Location"]) == (302, address(started_review, ""))
    cast = Decision.objects.get()
    assert (cast.verdict, cast.note, cast.seconds, cast.reviewer) == ("include", "fits", 12, reviewer)


def test_a_vote_is_answered_with_what_the_page_does_not_hold(
    started_review: Review,
    reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    first, second, third, fourth = opened(started_review, 4)
    client = signed_in(reviewer)
    client.get(address(started_review, ""))
    with django_assert_max_num_queries(45):  # type: ignore[attr-defined]  # a context manager
        response = client.post(
            address(started_review, "title-abstract/vote/"),
            {"report": first.pk, "verdict": "exclude", "holding": f"{second.pk},{third.pk}"},
            headers=HTMX,
        )
    body = response.content.decode()
    assert body.count("data-record=") == 1
    assert f'data-record="{fourth.pk}" hidden' in body
    assert "1 of 4" in body


def test_a_refused_vote_says_why(started_review: Review, reviewer: User, signed_in: SignIn) -> None:
    [report] = opened(started_review)
    client, where = signed_in(reviewer), address(started_review, "title-abstract/vote/")
    ballot = {"report": report.pk, "verdict": "include"}
    client.post(where, ballot)
    again = client.post(where, ballot, headers=HTMX)
    assert again.status_code == 409
    assert 'data-refused="already_voted"' in again.content.decode()
    assert client.post(where, ballot).status_code == 409


@pytest.mark.parametrize(
    "ballot", [{}, {"verdict": "perhaps"}, {"verdict": "exclude:999999"}, {"verdict": "exclude:x"}]
)
def test_a_malformed_vote_is_refused(
    ballot: dict[str, str], started_review: Review, reviewer: User, signed_in: SignIn
) -> None:
    [report] = opened(started_review)
    where = address(started_review, "title-abstract/vote/")
    assert signed_in(reviewer).post(where, {"report": report.pk, **ballot}).status_code == 422
    assert not Decision.objects.exists()


def test_undo_brings_the_report_back(started_review: Review, reviewer: User, signed_in: SignIn) -> None:
    first, _ = opened(started_review, 2)
    vote(reviewer, first, "exclude")
    client = signed_in(reviewer)
    response = client.post(address(started_review, "title-abstract/undo/"), follow=True)
    assert f'data-record="{first.pk}">' in response.content.decode()
    assert state_of(first).votes == 0
    again = client.post(address(started_review, "title-abstract/undo/"), follow=True)
    assert "no vote of yours to undo" in again.content.decode()


def test_full_text_excludes_by_one_button(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    client, why = signed_in(reviewer), reasons(started_review)[0]
    body = client.get(address(started_review, "full-text/")).content.decode()
    assert f'value="exclude:{why.pk}" data-key="1"' in body
    assert "<iframe" in body
    client.post(
        address(started_review, "full-text/vote/"), {"report": report.pk, "verdict": f"exclude:{why.pk}"}
    )
    assert Decision.objects.get(stage__name=FT).reason == why
    refused = client.post(
        address(started_review, "full-text/vote/"), {"report": report.pk, "verdict": "exclude"}, headers=HTMX
    )
    assert refused.status_code == 422


def test_practice_before_the_start(review: Review, reviewer: User, signed_in: SignIn) -> None:
    report = factories.report(review)
    client = signed_in(reviewer)
    assert "Practice round" in client.get(address(review, "")).content.decode()
    assert client.get(address(review, "full-text/")).status_code == 200
    client.post(address(review, "title-abstract/vote/"), {"report": report.pk, "verdict": "include"})
    assert Decision.objects.get().round == 0
    assert "Nothing to practise on" in client.get(address(review, "")).content.decode()


def test_observers_are_shown_the_lists(started_review: Review, observer: User, signed_in: SignIn) -> None:
    response = signed_in(observer).get(address(started_review, ""))
    assert (response.status_code, response["Location"]) == (302, address(started_review, "reports/"))


# -- Conflicts, own votes -----------------------------------------------------------------------------
@pytest.fixture
def conflict(started_review: Review, reviewer: User, second_reviewer: User) -> Report:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "exclude")
    return report


def test_a_conflict_is_judged_settled_and_undone(
    started_review: Review, conflict: Report, third_reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(third_reviewer)
    where = address(started_review, f"title-abstract/conflicts/{conflict.pk}/")
    listed = client.get(address(started_review, "title-abstract/conflicts/"))
    assert "Your own verdict first" in listed.content.decode()
    seen = client.post(where + "judge/", {"verdict": "exclude"}, follow=True).content.decode()
    assert "The verdicts differ" in seen
    done = client.post(where + "settle/", {"verdict": "exclude"}, follow=True).content.decode()
    assert "The last conflict is settled" in done
    assert state_of(conflict).state == "excluded"
    client.post(where + "reopen/")
    assert state_of(conflict).state == "conflict"
    fragment = client.get(where, headers=HTMX).content.decode()
    assert "<html" not in fragment
    assert "The verdicts differ" in fragment


def test_a_team_without_a_third_person_is_told(
    lead: User, signed_in: SignIn, relay: Callable[[], int]
) -> None:
    review = factories.review(lead)
    body = signed_in(lead).get(address(review, "title-abstract/conflicts/")).content.decode()
    assert "nobody left to be a third person" in body
    assert address(review, "settings/") in body


def test_my_votes_are_listed_and_changed(started_review: Review, reviewer: User, signed_in: SignIn) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    client = signed_in(reviewer)
    assert report.title in client.get(address(started_review, "title-abstract/mine/")).content.decode()
    where = address(started_review, f"title-abstract/mine/{report.pk}/")
    assert "Change my vote" in client.get(where).content.decode()
    client.post(where + "change/", {"verdict": "exclude"})
    assert Decision.objects.latest("pk").verdict == "exclude"
    client.post(where + "change/", {"verdict": "withdraw"})
    assert state_of(report).votes == 0
    assert client.get(where).status_code == 404


def test_pages_of_votes_go_on_by_key(
    started_review: Review,
    reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for report in opened(started_review, 27):
        vote(reviewer, report, "exclude")
    client = signed_in(reviewer)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]  # a context manager
        first = client.get(address(started_review, "title-abstract/mine/"))
    assert len(first.context["votes"]) == 25
    rest = client.get(first.context["next_url"])
    assert (len(rest.context["votes"]), rest.context["next_url"]) == (2, "")


# -- Lists, retrieval, files, settings ----------------------------------------------------------------
def test_lists_by_state_and_reason(
    started_review: Review,
    reviewer: User,
    second_reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    first, second = at_full_text(started_review, reviewer, second_reviewer, 2)
    why, other, *_ = reasons(started_review)
    for person in (reviewer, second_reviewer):
        vote(person, first, "exclude", stage=FT, reason=why)
    client = signed_in(reviewer)

    def listed(query: str) -> list[int]:
        with django_assert_max_num_queries(12):  # type: ignore[attr-defined]  # a context manager
            response = client.get(address(started_review, f"reports/?{query}"))
        return [state.report_id for state in response.context["states"]]

    assert listed("stage=full-text&state=excluded") == [first.pk]
    assert listed(f"stage=full_text&state=excluded&reason={why.pk}") == [first.pk]
    assert listed(f"stage=full-text&state=excluded&reason={other.pk}") == []
    assert listed("stage=full-text&state=undecided") == [second.pk]
    assert listed("stage=title-abstract&state=included") == [first.pk, second.pk]
    assert client.get(address(started_review, "reports/?state=odd")).status_code == 404
    assert client.get(address(started_review, "reports/?stage=odd")).status_code == 404


def test_retrieval_by_steps(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    [report] = opened(started_review)
    for person in (reviewer, second_reviewer):
        vote(person, report, "include")
    client = signed_in(reviewer)
    assert report.title in client.get(address(started_review, "retrieval/")).content.decode()
    step = address(started_review, f"retrieval/{report.pk}/")
    client.post(step + "request/", {"words": "Library"})
    assert state_of(report, FT).retrieval == "requested"
    refused = client.post(step + "attach/", {"file": SimpleUploadedFile("a.pdf", b"no")}, headers=HTMX)
    assert refused.status_code == 422
    assert "is not a PDF file" in refused.content.decode()
    assert client.post(step + "attach/").status_code == 422
    done = client.post(step + "attach/", {"file": SimpleUploadedFile("a.pdf", PDF)}, headers=HTMX)
    assert "Read and vote" in done.content.decode()
    assert client.post(step + "burn/").status_code == 404


def test_the_pdf_is_served_inline_and_unsniffed(
    started_review: Review, ids: dict[str, int], observer: User, signed_in: SignIn
) -> None:
    response = signed_in(observer).get(address(started_review, f"files/{ids['file']}/"))
    assert b"".join(response.streaming_content) == PDF  # type: ignore[attr-defined]  # a streaming response has it
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="paper.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_settings_preview_then_change(
    started_review: Review, lead: User, reviewer: User, signed_in: SignIn, relay: Callable[[], int]
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    client, where = signed_in(lead), address(started_review, "settings/")
    wish = {"title_abstract": 1, "full_text": 2, "adjudication": "consensus"}
    preview = client.post(where, wish, headers=HTMX).content.decode()
    assert "This is what the change moves" in preview
    assert "<html" not in preview
    assert stages.stage_of(started_review, TA).votes_required == 2
    client.post(where, {**wish, "confirmed": "yes"})
    relay()
    assert state_of(report).state == "included"
    started_review.refresh_from_db()
    assert started_review.adjudication == "consensus"
    assert client.post(where, {**wish, "title_abstract": 9}).status_code == 422
    assert "kappa" in client.get(where + "?agreement=1").content.decode()
