"""Nobody, the lead included, sees another's vote before it is open to them."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client

from reviews.access import members_review
from reviews.models import AdjudicationRule, Report, Review, User
from screening import selectors
from screening.models import Stage
from screening.services import adjudications, decisions, stages
from tests import factories
from tests.screening.support import TA, opened, vote

SignIn = Callable[[User], Client]
NOTE = "Secretly about zebrafish"


@pytest.fixture
def report(started_review: Review, reviewer: User) -> Report:
    """One report on which reviewer A alone has voted."""
    [one] = opened(started_review)
    decisions.submit(by=reviewer, report=one, stage=TA, verdict="exclude", note=NOTE)
    return one


def exported(person: User, review: Review) -> list[str]:
    return [row.voter for row in selectors.votes_for_export(members_review(person, review.slug))]


def pages(review: Review, report: Report) -> list[str]:
    root = f"/r/{review.slug}/screen/"
    own = "title-abstract/"
    return [
        root,
        f"{root}?report={report.pk}",
        f"{root}full-text/",
        f"{root}retrieval/",
        f"{root}reports/?state=all",
        f"{root}reports/?state=conflict",
        f"{root}settings/",
        f"{root}settings/?agreement=1",
        f"{root}{own}mine/",
        f"{root}{own}mine/{report.pk}/",
        f"{root}{own}conflicts/",
        f"{root}{own}conflicts/{report.pk}/",
        f"{root}votes.csv",
    ]


def read(client: Client, address: str) -> str:
    response = client.get(address, follow=True)
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]  # a streaming response has it
    return body.decode()


@pytest.mark.parametrize("who", ["lead", "second_reviewer", "third_reviewer", "statistician", "observer"])
def test_no_page_shows_a_colleagues_vote_while_the_report_is_open(
    who: str, request: pytest.FixtureRequest, started_review: Review, report: Report, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(who))
    for address in pages(started_review, report):
        assert NOTE not in read(client, address), address


@pytest.mark.parametrize("who", ["lead", "second_reviewer", "third_reviewer", "statistician", "observer"])
def test_no_page_shows_votes_of_a_conflict_to_those_who_have_not_judged(
    who: str,
    request: pytest.FixtureRequest,
    started_review: Review,
    report: Report,
    second_reviewer: User,
    signed_in: SignIn,
) -> None:
    vote(second_reviewer, report, "include")
    client = signed_in(request.getfixturevalue(who))
    for address in pages(started_review, report):
        assert NOTE not in read(client, address), address


def test_a_voter_cannot_tell_a_conflict_from_a_missing_vote(
    started_review: Review, report: Report, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    lists = [
        f"/r/{started_review.slug}/screen/reports/?state={state}" for state in ("open", "conflict", "all")
    ]
    before = [read(client, address) for address in lists]
    vote(second_reviewer, report, "include")
    after = [read(client, address) for address in lists]
    assert [_without_token(page) for page in before] == [_without_token(page) for page in after]


def _without_token(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrf" not in line.lower()]


def test_progress_does_not_move_with_a_colleagues_vote(
    started_review: Review, report: Report, second_reviewer: User, third_reviewer: User
) -> None:
    stage: Stage = stages.stage_of(started_review, TA)
    before = selectors.progress(third_reviewer, stage)
    vote(second_reviewer, report, "include")
    assert selectors.progress(third_reviewer, stage) == before


def test_the_export_opens_votes_when_the_report_is_settled(
    started_review: Review, report: Report, reviewer: User, second_reviewer: User, lead: User
) -> None:
    assert exported(reviewer, started_review) == ["Reviewer a"]
    assert exported(second_reviewer, started_review) == []
    assert exported(lead, started_review) == []
    vote(second_reviewer, report, "exclude")
    assert exported(lead, started_review) == ["Reviewer a", "Reviewer b"]


def test_the_export_closes_votes_when_a_report_reopens(
    started_review: Review,
    report: Report,
    second_reviewer: User,
    third_reviewer: User,
    lead: User,
    relay: Callable[[], int],
) -> None:
    vote(second_reviewer, report, "exclude")
    stages.set_votes(by=lead, review=started_review, name=TA, n=3)
    relay()
    assert exported(third_reviewer, started_review) == []


def test_practice_votes_are_exported_to_their_voter_alone(review: Review, reviewer: User, lead: User) -> None:
    decisions.practise(by=reviewer, report=factories.report(review), stage=TA, verdict="exclude")
    assert exported(reviewer, review) == ["Reviewer a"]
    assert exported(lead, review) == []


def test_consensus_opens_votes_to_the_voters_alone(
    started_review: Review,
    report: Report,
    reviewer: User,
    second_reviewer: User,
    third_reviewer: User,
    lead: User,
    signed_in: SignIn,
) -> None:
    stages.set_adjudication(by=lead, review=started_review, rule=AdjudicationRule.CONSENSUS)
    vote(second_reviewer, report, "include")
    address = f"/r/{started_review.slug}/screen/title-abstract/conflicts/{report.pk}/"
    assert NOTE in read(signed_in(second_reviewer), address)
    for person in (third_reviewer, lead):
        assert NOTE not in read(signed_in(person), address)


def test_judging_opens_votes_to_the_judge_alone(
    started_review: Review,
    report: Report,
    second_reviewer: User,
    third_reviewer: User,
    lead: User,
    signed_in: SignIn,
) -> None:
    vote(second_reviewer, report, "include")
    adjudications.judge(by=third_reviewer, report=report, stage=TA, verdict="maybe")
    address = f"/r/{started_review.slug}/screen/title-abstract/conflicts/{report.pk}/"
    assert NOTE in read(signed_in(third_reviewer), address)
    assert NOTE not in read(signed_in(lead), address)


def test_the_csv_neutralises_formulas(started_review: Review, reviewer: User, signed_in: SignIn) -> None:
    [one] = opened(started_review)
    decisions.submit(by=reviewer, report=one, stage=TA, verdict="exclude", note='=HYPERLINK("x")')
    rows = list(
        csv.DictReader(io.StringIO(read(signed_in(reviewer), f"/r/{started_review.slug}/screen/votes.csv")))
    )
    assert [row["note"] for row in rows] == ['\'=HYPERLINK("x")']
    assert rows[0]["verdict"] == "exclude"
