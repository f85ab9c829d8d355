"""Who reads what next, and that finding it stays cheap."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reviews import sequence
from reviews.errors import NotAllowed
from reviews.models import Report, Review, Role, User
from reviews.services import protocols
from screening.models import Claim, Decision, ReviewerCursor, ScreeningState, Stage, StageCount
from screening.services import decisions, queue, stages
from tests import factories
from tests.screening.support import FT, TA, at_full_text, attach, merge, opened, vote

SIZE = 10_000


def next_ids(person: User, stage: Stage, limit: int = 2, holding: tuple[int, ...] = ()) -> list[int]:
    return [
        state.report_id for state in queue.take_next(by=person, stage=stage, limit=limit, holding=holding)
    ]


def test_reports_come_in_order_and_not_again(started_review: Review, reviewer: User) -> None:
    first, second, third = opened(started_review, 3)
    stage = stages.stage_of(started_review, TA)
    assert next_ids(reviewer, stage) == [first.pk, second.pk]
    assert next_ids(reviewer, stage, 1, (first.pk, second.pk)) == [third.pk]
    vote(reviewer, first, "include")
    assert next_ids(reviewer, stage) == [second.pk, third.pk]


def test_no_more_people_read_a_report_than_votes_are_missing(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    [report] = opened(started_review)
    stage = stages.stage_of(started_review, TA)
    assert next_ids(reviewer, stage) == next_ids(second_reviewer, stage) == [report.pk]
    assert next_ids(third_reviewer, stage) == []
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert next_ids(third_reviewer, stage) == [report.pk]


def test_what_others_hold_is_offered_when_their_claim_ends(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    first, second = opened(started_review, 2)
    stage = stages.stage_of(started_review, TA)
    next_ids(reviewer, stage, 1)
    next_ids(second_reviewer, stage, 1)
    assert next_ids(third_reviewer, stage) == [second.pk]
    vote(third_reviewer, second, "include")
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert next_ids(third_reviewer, stage) == [first.pk]


def test_a_withdrawn_report_returns_though_the_cursor_has_passed_it(
    started_review: Review, reviewer: User
) -> None:
    first, second, third = opened(started_review, 3)
    stage = stages.stage_of(started_review, TA)
    vote(reviewer, first, "include")
    vote(reviewer, second, "include")
    assert next_ids(reviewer, stage) == [third.pk]
    decisions.withdraw(by=reviewer, report=first, stage=TA)
    assert next_ids(reviewer, stage) == [third.pk, first.pk]


def test_full_texts_are_offered_when_they_arrive(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    late, early = opened(started_review, 2)
    for report in (late, early):
        vote(reviewer, report, "include")
        vote(second_reviewer, report, "include")
    stage = stages.stage_of(started_review, FT)
    assert next_ids(reviewer, stage) == []
    attach(reviewer, early)
    assert next_ids(reviewer, stage) == [early.pk]
    attach(reviewer, late)
    assert next_ids(reviewer, stage) == [early.pk, late.pk]


def test_a_merged_report_on_which_i_voted_is_not_offered(started_review: Review, reviewer: User) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, absorbed, "include")
    merge(kept, absorbed)
    assert next_ids(reviewer, stages.stage_of(started_review, TA)) == []


def test_more_votes_bring_settled_reports_back(
    started_review: Review,
    lead: User,
    reviewer: User,
    second_reviewer: User,
    third_reviewer: User,
    relay: object,
) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    stages.set_votes(by=lead, review=started_review, name=TA, n=3)
    relay()  # type: ignore[operator]  # a function
    assert next_ids(third_reviewer, stages.stage_of(started_review, TA)) == [report.pk]


def test_observers_are_handed_nothing(started_review: Review, observer: User) -> None:
    opened(started_review)
    with pytest.raises(NotAllowed):
        next_ids(observer, stages.stage_of(started_review, TA))


def test_practice_offers_each_report_once(review: Review, reviewer: User) -> None:
    first, second = factories.reports(review, 2)
    stage = stages.stage_of(review, TA)
    assert queue.next_practice(by=reviewer, stage=stage) == [first, second]
    decisions.practise(by=reviewer, report=first, stage=TA, verdict="maybe")
    assert queue.next_practice(by=reviewer, stage=stage) == [second]


# -- Cost ---------------------------------------------------------------------------------------------
def _large_stage(review: Review, person: User, done: int) -> Stage:
    """A stage of 10,000 open reports on `done` of which the person alone has voted."""
    stage = stages.stage_of(review, TA)
    reports = Report.objects.bulk_create(
        [Report(review=review, title=f"Report {number}") for number in range(SIZE)], batch_size=1000
    )
    last = sequence.take(review.pk, SIZE)
    ScreeningState.objects.bulk_create(
        [
            ScreeningState(
                review=review,
                stage=stage,
                report=report,
                order_key=last - SIZE + 1 + at,
                votes=int(at < done),
            )
            for at, report in enumerate(reports)
        ],
        batch_size=1000,
    )
    StageCount.objects.filter(stage=stage, state="open").update(n=SIZE)
    Decision.objects.bulk_create(
        [
            Decision(report=report, stage=stage, reviewer=person, verdict="exclude", seq=last)
            for report in reports[:done]
        ],
        batch_size=1000,
    )
    ReviewerCursor.objects.create(stage=stage, reviewer=person, voted=done, position=last - SIZE + done)
    return stage


def _rows_and_queries(client: Client, review: Review) -> tuple[int, list[str]]:
    """What one visit to the page reads: all of its queries, from the session to the next reports."""
    address = f"/r/{review.slug}/screen/"
    with CaptureQueriesContext(connection) as captured:
        page = client.get(address)
    assert len(page.context["cards"]) == 3
    queries = [one["sql"] for one in captured.captured_queries]
    return sum(_rows_examined(sql) for sql in queries if sql.startswith("SELECT")), queries


def _rows_examined(sql: str) -> int:
    """Work of one query: rows read as PostgreSQL counts them, or steps of SQLite's virtual machine."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            return _rows_of(cursor.fetchone()[0][0]["Plan"])
        steps = count()
        connection.connection.set_progress_handler(lambda: next(steps) * 0, 1)
        cursor.execute(sql)
        cursor.fetchall()
        connection.connection.set_progress_handler(None, 0)
    return next(steps)


def _rows_of(node: dict) -> int:  # type: ignore[type-arg]  # as PostgreSQL writes it
    below = sum(_rows_of(child) for child in node.get("Plans", []))
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return below + int(own * node["Actual Loops"])


def test_the_cost_of_the_next_report_does_not_grow_with_my_votes(
    started_review: Review, reviewer: User, signed_in: Callable[[User], Client]
) -> None:
    # All three exist before the first is measured: small tables are read whole, and must be the same size.
    reviews = [started_review, _another(started_review), _another(started_review)]
    for review, share in zip(reviews, (0.0, 0.5, 0.9), strict=True):
        _large_stage(review, reviewer, int(SIZE * share))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = signed_in(reviewer)
    costs = []
    for review in reviews:
        rows, queries = _rows_and_queries(client, review)
        costs.append((rows, len(queries)))
    counts = {count for _, count in costs}
    assert len(counts) == 1, costs
    assert counts.pop() <= 22
    # A window of 25 reports and its votes and claims, whatever the 5,000 or 9,000 votes behind the cursor.
    work = [rows for rows, _ in costs]
    assert max(work) <= 1.2 * min(work), costs
    assert max(work) <= (400 if connection.vendor == "postgresql" else 6_000), costs


def _another(review: Review) -> Review:
    lead = review.created_by
    other = factories.review(lead)
    for membership in review.memberships.exclude(user=lead).select_related("user"):
        factories.member(other, membership.user, Role(membership.role))
    factories.fill_protocol(other)
    protocols.start_screening(by=lead, review=other)
    return other


def test_sqlite_seeks_the_window_in_the_index_of_open_states(started_review: Review, reviewer: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the plan of PostgreSQL is measured in rows above")
    stage = _large_stage(started_review, reviewer, SIZE // 2)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    window = queue._window(stage, 0)
    assert len(window) == 25
    with CaptureQueriesContext(connection) as captured:
        queue._window(stage, SIZE // 2)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {captured.captured_queries[0]['sql']}")
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert "state_open (stage_id=? AND order_key>?)" in plan, plan
    assert "TEMP B-TREE" not in plan, plan


def test_the_cursor_moves_over_what_i_have_done(started_review: Review, reviewer: User) -> None:
    stage = _large_stage(started_review, reviewer, 100)
    ReviewerCursor.objects.update(position=-1)
    [first, _] = queue.take_next(by=reviewer, stage=stage)
    assert ReviewerCursor.objects.get(reviewer=reviewer).position == first.order_key - 1
