"""An amended outcome moves the analyses that took their measure from it, and no other."""

import pytest

from analysis.handlers import specs as handlers
from analysis.models import Spec, SpecVersion
from analysis.services import specs
from reviews.models import Outcome, Review, User
from reviews.services import protocols
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop

REASON = "Agreed before the data were seen"


@pytest.fixture
def planned(started_review: Review) -> Outcome:
    outcome = Outcome.objects.get(protocol__review=started_review)
    for label, pair in (("Jacoby 2018", (16, 21)), ("Ortiz 2020", (32, 38)), ("Maude 2018", (61, 75))):
        makers.agree(makers.study(started_review, label), outcome, pair)
    return outcome


def amend(outcome: Outcome, by: User, **values: object) -> None:
    review = outcome.protocol.review
    protocols.edit_row(by=by, review=review, row=outcome, reason=REASON, **values)


def measure_of(spec: Spec) -> str:
    return str(SpecVersion.objects.filter(spec=spec).latest("number").settings["measure"])


def test_another_measure_in_the_plan_is_a_new_run_that_says_so(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    spec = makers.spec(started_review, planned, settings={"tau2_method": "DL"})
    live()
    amend(planned, lead, measure="PFT")
    live()
    first, second = makers.runs_of(spec)
    assert (first.result.settings["measure"], second.result.settings["measure"]) == ("PLO", "PFT")
    assert second.result.settings["tau2_method"] == "DL"
    assert [change["kind"] for change in second.cause["changes"]] == ["protocol_amended"]
    version = SpecVersion.objects.filter(spec=spec).latest("number")
    assert (version.number, version.by) == (2, lead)
    assert version.reason == f"Version 2 of the protocol: {REASON}"
    spec.refresh_from_db()
    assert spec.done_rev == spec.wanted_rev


def test_an_analysis_with_a_measure_of_its_own_keeps_it(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    own = makers.spec(started_review, planned, "Raw", settings={"measure": "PR"})
    live()
    amend(planned, lead, measure="PFT")
    live()
    assert measure_of(own) == "PR"
    assert len(makers.runs_of(own)) == 1


def test_another_name_or_direction_is_a_new_run_of_every_analysis(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    own = makers.spec(started_review, planned, "Raw", settings={"measure": "PR"})
    live()
    amend(planned, lead, name="Complete remission")
    live()
    amend(planned, lead, direction="neither")
    live()
    assert [run.result.inputs["direction"] for run in makers.runs_of(own)] == ["higher", "higher", "neither"]
    assert makers.runs_of(own)[1].result.inputs["outcome"] == "Complete remission"


def test_the_same_news_twice_does_not_undo_what_was_decided_since(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    spec = makers.spec(started_review, planned)
    live()
    amend(planned, lead, measure="PFT")
    live()
    specs.revise(by=lead, spec=spec, settings={"measure": "PLO"}, reason="To compare with the paper")
    live()
    amended = started_review.protocol.versions.latest("number")
    handlers.protocol_amended(review_id=started_review.pk, version=amended.pk)
    live()
    assert measure_of(spec) == "PLO"
    assert [run.result.settings["measure"] for run in makers.runs_of(spec)] == ["PLO", "PFT", "PLO"]


def test_the_test_of_small_study_effects_stays_where_it_was_chosen(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    chosen = makers.spec(started_review, planned, settings={"bias_test": "egger"})
    amend(planned, lead, measure="RR")
    live()
    assert SpecVersion.objects.filter(spec=chosen).latest("number").settings["bias_test"] == "egger"


def test_the_usual_test_of_small_study_effects_goes_with_the_measure(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    usual = makers.spec(started_review, planned)
    amend(planned, lead, measure="RR")
    live()
    assert SpecVersion.objects.filter(spec=usual).latest("number").settings["bias_test"] == "peters"


def test_a_chosen_test_that_does_not_suit_the_new_measure_gives_way_to_its_usual_one(
    started_review: Review, planned: Outcome, lead: User, live: Loop
) -> None:
    amend(planned, lead, measure="OR")
    live()
    planned.refresh_from_db()
    chosen = makers.spec(started_review, planned, settings={"measure": "OR", "bias_test": "harbord"})
    amend(planned, lead, measure="RD")
    live()
    settings = SpecVersion.objects.filter(spec=chosen).latest("number").settings
    assert (settings["measure"], settings["bias_test"]) == ("RD", "peters")
