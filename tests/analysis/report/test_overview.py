"""The first page: what next, alive, where we stand, what it says, what happened."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Spec, Study
from analysis.selectors import feed, overview
from analysis.selectors.waiting import waiting_of
from analysis.services import figures, versions
from analysis.views.overview import seen_key
from reviews.access import members_review
from reviews.models import (
    Delivery,
    FeedEntry,
    OutboxEvent,
    Outcome,
    Review,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    User,
)
from screening.models import StageName
from screening.services import decisions
from tests import factories
from tests.analysis.living import makers

ROOT = Path(__file__).resolve().parents[3]
Relay = Callable[[], int]
SignIn = Callable[[User], Client]
AddStudy = Callable[[str, int], Study]


def url(review: Review, name: str = "overview") -> str:
    return reverse(f"analysis:{name}", args=[review.slug])


def first_step(person: User, review: Review) -> overview.Step | None:
    member = members_review(person, review.slug)
    found = overview.steps(member, waiting_of(member), has_records=True)
    return found[0] if found else None


def test_before_screening_the_lead_finishes_the_protocol(review: Review, lead: User, reviewer: User) -> None:
    step = first_step(lead, review)
    assert step is not None
    assert step.label == "Finish the protocol"
    theirs = first_step(reviewer, review)
    assert theirs is not None
    assert theirs.label == "Read the protocol"


def test_without_records_the_next_step_is_to_bring_them_in(started_review: Review, reviewer: User) -> None:
    member = members_review(reviewer, started_review.slug)
    steps = overview.steps(member, waiting_of(member), has_records=False)
    assert steps[0].label == "Bring records in"


def test_conflicts_come_before_votes(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    report, _ = factories.reports(started_review, 2)
    relay()
    for person, verdict in ((reviewer, "include"), (second_reviewer, "exclude")):
        decisions.submit(by=person, report=report, stage=StageName.TITLE_ABSTRACT, verdict=verdict)
    mine, thirds = first_step(reviewer, started_review), first_step(third_reviewer, started_review)
    assert mine is not None
    assert thirds is not None
    assert (mine.label, mine.sentence) == (
        "Screen records",
        "1 record waits for your vote on title and abstract.",
    )
    assert thirds.label == "Settle conflicts"


def uploaded(review: Review) -> SearchRun:
    source = Source.objects.filter(protocol__review=review)[0]
    return SearchRun.objects.create(
        review=review, source=source, trigger=RunTrigger.FILE, state=RunState.READY, file_name="embase.ris"
    )


def test_a_file_that_was_looked_through_waits_for_a_yes_or_no(
    started_review: Review, reviewer: User, observer: User, signed_in: SignIn
) -> None:
    first = uploaded(started_review)
    uploaded(started_review)

    step = first_step(reviewer, started_review)

    assert step is not None
    assert step.sentence == "2 uploaded files wait for your yes or no: nothing of them is imported yet."
    assert step.url == reverse("reviews:run", args=[started_review.slug, first.pk])
    assert waiting_of(members_review(reviewer, started_review.slug)).tabs["search"] == 2
    assert first_step(observer, started_review) is None
    assert step.sentence in signed_in(reviewer).get(url(started_review)).text


def test_before_screening_a_file_that_waits_comes_before_the_protocol(review: Review, lead: User) -> None:
    uploaded(review)
    member = members_review(lead, review.slug)
    labels = [step.label for step in overview.steps(member, waiting_of(member), has_records=False)]
    assert labels == ["See what is in it", "Finish the protocol"]


def test_the_page_moves_when_a_file_has_been_looked_through(started_review: Review) -> None:
    run = uploaded(started_review)
    SearchRun.objects.filter(pk=run.pk).update(state=RunState.INSPECTING)
    before = seen_key(started_review)
    SearchRun.objects.filter(pk=run.pk).update(state=RunState.READY)
    assert seen_key(started_review) != before


def test_who_has_nothing_to_do_is_led_to_what_there_is_to_read(
    started_review: Review, observer: User, lead: User, signed_in: SignIn, analysis: Spec
) -> None:
    assert "See the analyses" in signed_in(observer).get(url(started_review)).text
    versions.publish(by=lead, review=started_review, note="First")
    page = signed_in(observer).get(url(started_review)).text
    assert "Read the report" in page
    assert "See the analyses" not in page


def test_an_observer_has_nothing_to_do(started_review: Review, observer: User) -> None:
    assert first_step(observer, started_review) is None


def test_the_page_says_estimate_share_and_flow(
    started_review: Review, observer: User, signed_in: SignIn, analysis: Spec
) -> None:
    text = signed_in(observer).get(url(started_review)).text
    headline = overview.headline(started_review)
    assert headline is not None
    assert headline.estimate in text
    assert "2 of 2 included studies" in text
    assert "Nothing waits for you." in text
    assert "Adams 2020 was included" in text
    assert "being drawn" in text
    figures.draw_current(analysis.pk)
    page = signed_in(observer).get(url(started_review)).text
    assert "forest-light.svg" in page
    assert "forest_narrow-light.svg" in page


def test_a_partial_pool_says_so(
    started_review: Review,
    outcome: Outcome,
    analysis: Spec,
    add_study: AddStudy,
    live: Callable[[], None],
) -> None:
    before = overview.headline(started_review)
    assert before is not None
    assert not before.is_partial
    makers.study(started_review, "Davis 2023")
    live()
    after = overview.headline(started_review)
    assert after is not None
    assert after.is_partial


def test_the_headline_names_its_move_since_the_last_version(
    started_review: Review, lead: User, analysis: Spec, add_study: AddStudy
) -> None:
    versions.publish(by=lead, review=started_review)
    still = overview.headline(started_review)
    assert still is not None
    assert still.since == "Unchanged since version 1.0.0."
    add_study("Clark", 2)
    moved = overview.headline(started_review)
    assert moved is not None
    assert moved.since.startswith("Version 1.0.0 has ")


def test_the_live_part_answers_only_when_something_is_new(
    started_review: Review, observer: User, signed_in: SignIn
) -> None:
    page = signed_in(observer)
    key = page.get(url(started_review)).context["key"]
    assert page.get(url(started_review, "overview_live"), {"seen": key}).status_code == 204
    factories.report(started_review)
    answer = page.get(url(started_review, "overview_live"), {"seen": key}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text


def test_doors_and_methods(
    review: Review, outsider: User, client: Client, lead: User, signed_in: SignIn
) -> None:
    assert client.get(url(review)).status_code == 302
    assert signed_in(outsider).get(url(review)).status_code == 404
    assert signed_in(lead).post(url(review)).status_code == 405


def test_the_page_takes_a_bounded_number_of_statements(
    started_review: Review,
    lead: User,
    signed_in: SignIn,
    analysis: Spec,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    page = signed_in(lead)
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        page.get(url(started_review))


# -- The feed -----------------------------------------------------------------------------------------
def written_kinds() -> set[str]:
    """Every literal kind of a feed line that the source writes."""
    kinds = set()
    for app in ("reviews", "screening", "analysis"):
        for path in (ROOT / app).rglob("*.py"):
            text = path.read_text("utf-8")
            if "FeedEntry" in text and "models" not in path.parts and "migrations" not in path.parts:
                for node in ast.walk(ast.parse(text)):
                    kinds |= _kinds_in(node)
    return kinds


def _kinds_in(node: ast.AST) -> set[str]:
    """`kind="..."` of the feed's own writer, and `{"kind": "...", "params": ...}` of the others."""
    if isinstance(node, ast.Dict):
        pairs = {
            key.value: value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        kind = pairs.get("kind")
        if "params" in pairs and isinstance(kind, ast.Constant):
            return {str(kind.value)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_tell":
        values = [keyword.value for keyword in node.keywords if keyword.arg == "kind"]
        return {str(value.value) for value in values if isinstance(value, ast.Constant)}
    return set()


def test_every_kind_that_is_written_has_its_sentence() -> None:
    kinds = written_kinds()
    assert {"run_finished", "records_added", "study_contradiction", "screen_again"} <= kinds
    assert kinds - set(feed.KINDS) == set()


SAMPLES: dict[str, dict[str, object]] = {
    "run_finished": {
        "spec": 1,
        "name": "Response",
        "measure": "PLO",
        "k": 4,
        "included": 18,
        "estimate": {"estimate": 0.81, "ci_low": 0.69, "ci_high": 0.89},
    },
    "records_added": {"source": "PubMed", "received": 70, "new": 65, "run": 1},
    "run_undone": {"source": "Embase", "records": 12, "reason": "Wrong export", "run": 1},
    "run_restored": {"source": "Embase", "records": 12, "reason": "", "run": 1},
    "records_noticed": {"source": "PubMed", "counts": {"retracted": 1, "vanished": 2}, "run": 1},
    "study_noticed": {"study": 1, "label": "Adams 2021", "kind": "retracted"},
    "screening_started": {},
    "screen_again": {"stages": ["title_abstract", "full_text"], "amendment": 1},
    "study_included": {"study": 1, "label": "Adams 2020", "reason": ""},
    "study_removed": {"study": 1, "label": "Adams 2020", "reason": "Wrong design"},
    "study_contradiction": {"study": 1, "label": "Adams 2020"},
    "related_studies": {"study": 1, "label": "Adams 2020", "other": "Brown 2021"},
    "protocol_amended": {"number": 2, "reason": "They differ."},
    "version_published": {"number": "1.0.0"},
}


def test_every_sentence_has_a_sample() -> None:
    assert set(SAMPLES) == set(feed.KINDS)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_line_is_a_sentence_with_an_address(kind: str, review: Review) -> None:
    entry = FeedEntry.objects.create(review_id=review.pk, kind=kind, params=SAMPLES[kind], key=kind)
    line = feed.line(review, entry)
    assert line.text
    assert "{" not in line.text
    assert line.url.startswith(f"/r/{review.slug}/")


def test_a_kind_without_a_sentence_is_a_fault(review: Review) -> None:
    FeedEntry.objects.create(review_id=review.pk, kind="unheard_of", key="x")
    with pytest.raises(KeyError):
        feed.feed_of(review)


def test_handlers_of_the_feed_may_run_twice(started_review: Review, relay: Relay, analysis: Spec) -> None:
    lines = list(FeedEntry.objects.order_by("pk").values_list("key", flat=True))
    assert any(key.startswith("study:") for key in lines)
    Delivery.objects.all().delete()
    OutboxEvent.objects.update(relayed_at=None)
    relay()
    assert list(FeedEntry.objects.order_by("pk").values_list("key", flat=True)) == lines
