"""Publishing: what is frozen, its number, what changed, and when it is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from analysis.models import Eligibility, Spec, Study, Version
from analysis.selectors import report
from analysis.services import eligibility, versions
from analysis.version_changes import change_log, next_number
from reviews.errors import NotAllowed
from reviews.models import CriterionKind, CriterionSlot, FeedEntry, OutboxEvent, Outcome, Review, User
from reviews.prisma import Flow
from reviews.services import protocols
from reviews.services import reviews as review_services
from tests import factories
from tests.analysis.living import makers

Loop = Callable[[], None]
AddStudy = Callable[[str, int], Study]


def test_the_first_version_freezes_everything_the_report_shows(
    started_review: Review, lead: User, analysis: Spec
) -> None:
    version = versions.publish(by=lead, review=started_review, note="First.")
    content = version.content
    assert version.number == "1.0.0"
    assert version.change_log == {"is_first": True}
    assert [study["label"] for study in content["studies"]] == ["Adams 2020", "Brown 2020"]
    assert content["analyses"][0]["k"] == 2
    assert content["analyses"][0]["estimate"] in content["analyses"][0]["sentence"]
    assert content["flow"]["total_studies_ma"] == 2
    version.refresh_from_db()
    assert report.content_hash(version.content) == version.sha256


def test_content_is_the_same_while_the_review_is(started_review: Review, analysis: Spec) -> None:
    assert report.content_of(started_review) == report.content_of(started_review)


def test_nothing_new_is_not_published_twice(started_review: Review, lead: User, analysis: Spec) -> None:
    versions.publish(by=lead, review=started_review)
    with pytest.raises(versions.NothingNew, match=r"1\.0\.0"):
        versions.publish(by=lead, review=started_review)


def test_another_study_is_a_minor_version_and_the_log_names_it(
    started_review: Review, lead: User, analysis: Spec, add_study: AddStudy, live: Loop
) -> None:
    versions.publish(by=lead, review=started_review)
    add_study("Clark", 3)
    version = versions.publish(by=lead, review=started_review)
    assert version.number == "1.1.0"
    assert version.change_log["studies_in"] == ["Clark 2020"]
    assert version.change_log["analyses"][0]["k"] == [2, 3]
    adams = Study.objects.get(label="Adams 2020")
    eligibility.set_eligibility(by=lead, study=adams, verdict=Eligibility.EXCLUDED, note="retracted")
    live()
    later = versions.publish(by=lead, review=started_review)
    assert (later.number, later.change_log["studies_out"]) == ("1.2.0", ["Adams 2020"])


def test_a_correction_is_a_patch(
    started_review: Review, lead: User, analysis: Spec, outcome: Outcome, live: Loop
) -> None:
    versions.publish(by=lead, review=started_review)
    makers.agree(Study.objects.get(label="Adams 2020"), outcome, (9, 20))
    live()
    version = versions.publish(by=lead, review=started_review)
    assert version.number == "1.0.1"
    change = version.change_log["analyses"][0]
    assert change["before"] != change["after"]


def test_an_amended_criterion_is_a_major_version(
    started_review: Review, lead: User, analysis: Spec, live: Loop
) -> None:
    versions.publish(by=lead, review=started_review)
    protocols.add_criterion(
        by=lead,
        review=started_review,
        slot=CriterionSlot.POPULATION,
        kind=CriterionKind.EXCLUDE,
        text="Children",
        reason="They differ.",
    )
    live()
    version = versions.publish(by=lead, review=started_review)
    assert version.number == "2.0.0"
    assert version.change_log["amendments"] == ["They differ."]


def test_a_stale_analysis_is_waited_for_unless_said_otherwise(
    started_review: Review, lead: User, analysis: Spec, outcome: Outcome, relay: Callable[[], int]
) -> None:
    makers.agree(Study.objects.get(label="Adams 2020"), outcome, (3, 20))
    relay()
    with pytest.raises(versions.StillComputing, match="Response"):
        versions.publish(by=lead, review=started_review)
    assert versions.publish(by=lead, review=started_review, despite_stale=True).number == "1.0.0"


def test_a_flow_that_does_not_add_up_is_not_published(
    started_review: Review, lead: User, analysis: Spec
) -> None:
    lost = factories.report(started_review)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reviews_recordreport WHERE report_id = %s", [lost.pk])
    with pytest.raises(versions.FlowDoesNotAddUp):
        versions.publish(by=lead, review=started_review)


def test_only_the_lead_publishes_and_only_after_the_start(review: Review, lead: User, reviewer: User) -> None:
    with pytest.raises(NotAllowed):
        versions.publish(by=reviewer, review=review)
    with pytest.raises(versions.NotStarted):
        versions.publish(by=lead, review=review)


def test_publishing_is_told_once_however_often_its_handler_runs(
    started_review: Review, lead: User, analysis: Spec, relay: Callable[[], int]
) -> None:
    before = OutboxEvent.objects.count()
    version = versions.publish(by=lead, review=started_review)
    assert OutboxEvent.objects.count() == before + 1
    relay()
    OutboxEvent.objects.filter(topic="version.published").update(relayed_at=None)
    relay()
    assert FeedEntry.objects.get(kind="version_published").params == {"number": version.number}


def test_a_version_stays_as_it_is_when_the_review_moves(
    started_review: Review, lead: User, analysis: Spec, add_study: AddStudy
) -> None:
    version = versions.publish(by=lead, review=started_review)
    review_services.change_settings(by=lead, review=started_review, title="Another title")
    add_study("Clark", 3)
    again = Version.objects.get(pk=version.pk)
    assert report.content_hash(again.content) == again.sha256
    assert len(again.content["studies"]) == 2


def test_the_legend_of_a_tool_is_no_change_of_judgements() -> None:
    rows = [{"label": "Adams 2020", "result": "", "judgements": {"D1": "low"}}]
    before = {"risk_of_bias": [{"outcome": "response", "rows": rows}]}
    after = {"risk_of_bias": [{"outcome": "response", "rows": rows, "domains": {"D1": "Randomisation"}}]}
    common: dict[str, Any] = {
        "studies": [],
        "analyses": [],
        "amendments": [],
        "searched_through": None,
        "protocol_version": 1,
        "notice": "",
    }
    log = change_log({**common, **before}, {**common, **after}, flows=(Flow(), Flow()))
    assert log["risk_of_bias"] is False
    assert next_number("1.2.3", {**common, **before}, {**common, **after}) == "1.2.4"
