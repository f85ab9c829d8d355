from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import AppraisedResult, Consensus, Judgement
from analysis.selectors import appraisals as selectors
from analysis.services import appraisals, extractions
from analysis.services.figures import draw_judgements
from reviews.models import Review, User
from tests.analysis import makers
from tests.analysis.appraisal_pages.test_appraisals import LOW, appraised

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def unit(started_review: Review, reviewer: User) -> AppraisedResult:
    trial = makers.trial(started_review, reviewer, "Aronson")
    return appraisals.open_result(by=reviewer, study=trial, outcome=makers.outcome(started_review))


def address(name: str, unit: AppraisedResult, *more: object) -> str:
    return reverse(f"analysis:{name}", args=[unit.study.review.slug, unit.pk, *more])


def every_address(unit: AppraisedResult) -> dict[str, tuple[str, str]]:
    slug = unit.study.review.slug
    return {
        "appraise": ("get", reverse("analysis:appraise", args=[slug])),
        "begin": ("get", reverse("analysis:appraisal_begin", args=[slug, unit.study_id, unit.outcome_id])),
        "figures": ("get", reverse("analysis:appraise_figures", args=[slug, unit.outcome_id])),
        "show": ("get", address("appraisal", unit)),
        "consensus": ("get", address("consensus", unit)),
        "answer": ("post", address("appraisal_answer", unit, "D1")),
        "judge": ("post", address("appraisal_judge", unit, "D1")),
        "submit": ("post", address("appraisal_submit", unit)),
        "copy": ("post", address("appraisal_copy", unit)),
    }


def test_every_page_sends_a_stranger_to_the_sign_in(unit: AppraisedResult, client: Client) -> None:
    for name, (method, url) in every_address(unit).items():
        assert getattr(client, method)(url).status_code == 302, name


def test_every_page_is_absent_for_an_outsider(
    unit: AppraisedResult, outsider: User, signed_in: SignIn
) -> None:
    client = signed_in(outsider)
    for name, (method, url) in every_address(unit).items():
        assert getattr(client, method)(url).status_code == 404, name


def test_an_observer_sees_the_list_only(unit: AppraisedResult, observer: User, signed_in: SignIn) -> None:
    client = signed_in(observer)
    for name, (method, url) in every_address(unit).items():
        # There is no figure yet: no judgement is agreed.
        expected = {"appraise": 200, "figures": 404}.get(name, 403)
        assert getattr(client, method)(url).status_code == expected, name


def test_every_page_refuses_the_wrong_method(
    unit: AppraisedResult, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    for name, (method, url) in every_address(unit).items():
        wrong = "get" if method == "post" else "put"
        assert getattr(client, wrong)(url).status_code == 405, name


def test_the_list_says_why_a_single_arm_study_is_not_offered(
    started_review: Review,
    reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for _ in range(4):
        makers.trial(started_review, reviewer, design="single_arm")
    client = signed_in(reviewer)
    url = reverse("analysis:appraise", args=[started_review.slug])
    with django_assert_max_num_queries(16):  # type: ignore[attr-defined]  # a context manager
        page = client.get(url).content.decode()
    assert page.count("a single-arm study has neither") == 1
    assert "Single arm: 4 studies" in page
    assert "JBI checklist for case series" in page


def test_an_agreed_result_of_a_trial_is_offered(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    trial = makers.trial(started_review, reviewer, "Aronson")
    outcome = makers.outcome(started_review)
    client = signed_in(reviewer)
    url = reverse("analysis:appraise", args=[started_review.slug])
    begin = reverse("analysis:appraisal_begin", args=[started_review.slug, trial.pk, outcome.pk])
    assert begin not in client.get(url).content.decode()
    for person in (reviewer, second_reviewer):
        mine = extractions.start(by=person, study=trial)
        for role in ("experimental", "comparator"):
            datum = extractions.datum_of(by=person, study=trial, outcome=outcome, arm=makers.arm(trial, role))
            extractions.enter(by=person, extraction=mine, datum=datum, entries={"events": "4/120"})
        extractions.finish(by=person, extraction=mine)
    extractions.agree_equal(by=reviewer, study=trial)
    assert begin in client.get(url).content.decode()
    values = {"numerical_result": "RR 0.4, table 1", "effect": "assignment", "sources": ["journal_article"]}
    assert client.post(begin, {**values, "effect": "adhering"}).status_code == 422
    assert client.post(begin, values).status_code == 302
    assert AppraisedResult.objects.get().numerical_result == "RR 0.4, table 1"


def test_a_cluster_trial_is_offered_with_a_warning(
    started_review: Review, reviewer: User, signed_in: SignIn
) -> None:
    trial = makers.trial(started_review, reviewer, design="cluster_rct")
    outcome = makers.outcome(started_review)
    begin = reverse("analysis:appraisal_begin", args=[started_review.slug, trial.pk, outcome.pk])
    assert "Cluster trials have a variant" in signed_in(reviewer).get(begin).content.decode()


def test_the_form_shows_follow_ups_in_their_turn_and_the_proposal(
    unit: AppraisedResult,
    reviewer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    client = signed_in(reviewer)
    assert "Appraise this result" in client.get(address("appraisal", unit)).content.decode()
    client.post(address("appraisal", unit))
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]  # a context manager
        page = client.get(address("appraisal", unit)).content.decode()
    assert 'name="code-2.6"' in page
    assert 'name="code-2.7"' not in page
    answer = address("appraisal_answer", unit, "D2")
    fragment = client.post(answer, {"code-2.6": "N", "support-2.6": "Per protocol"}, headers=HTMX)
    assert 'name="code-2.7"' in fragment.content.decode()
    assert 'name="code-2.6"' not in fragment.content.decode()  # what is typed there stays untouched
    assert "Per protocol" in client.get(address("appraisal", unit)).content.decode()
    randomisation = {f"code-{name}": code for name, code in LOW.items() if name.startswith("1.")}
    done = client.post(address("appraisal_answer", unit, "D1"), randomisation, headers=HTMX)
    assert "proposed by rule D1.1" in done.content.decode()
    assert client.post(address("appraisal_answer", unit, "D1"), randomisation).status_code == 302
    refused = client.post(address("appraisal_answer", unit, "D1"), {"code-1.1": "NA"}, headers=HTMX)
    assert refused.status_code == 422
    assert client.post(address("appraisal_answer", unit, "D9"), {}).status_code == 404


def test_another_judgement_needs_its_reason_on_the_page(
    unit: AppraisedResult, reviewer: User, signed_in: SignIn
) -> None:
    appraised(reviewer, unit)
    client = signed_in(reviewer)
    url = address("appraisal_judge", unit, "D3")
    refused = client.post(url, {"final": "high"}, headers=HTMX)
    assert refused.status_code == 422
    assert "Say why your judgement" in refused.content.decode()
    kept = client.post(url, {"final": "high", "justification": "Dropout hidden"}, headers=HTMX)
    assert "instead of the proposed judgement" in kept.content.decode()
    assert client.post(url, {"final": "high"}).status_code == 422


def test_an_appraisal_is_submitted_and_then_waits(
    unit: AppraisedResult, reviewer: User, signed_in: SignIn
) -> None:
    mine = appraisals.start(by=reviewer, unit=unit)
    client = signed_in(reviewer)
    assert client.post(address("appraisal_submit", unit)).status_code == 422
    appraised(reviewer, unit)
    better = {"final": "low", "justification": ""}
    assert client.post(address("appraisal_submit", unit), better).status_code == 302
    assert Judgement.objects.filter(appraisal=mine, domain="overall").exists()
    assert "stays hidden until" in client.get(address("appraisal", unit)).content.decode()
    assert "not open yet" in client.get(address("consensus", unit)).content.decode()
    assert client.post(address("consensus", unit), {"do": "equal"}).status_code == 409


def test_randomisation_is_copied_on_the_page(
    unit: AppraisedResult, reviewer: User, signed_in: SignIn
) -> None:
    source = appraised(reviewer, unit)
    other = appraisals.open_result(
        by=reviewer, study=unit.study, outcome=unit.outcome, numerical_result="later"
    )
    mine = appraisals.start(by=reviewer, unit=other)
    client = signed_in(reviewer)
    assert "Copy D1" in client.get(address("appraisal", other)).content.decode()
    assert client.post(address("appraisal_copy", other), {"source": source.pk}).status_code == 302
    assert selectors.form_of(mine).finals["D1"] == "low"
    assert client.post(address("appraisal_copy", other), {"source": "x"}).status_code == 404


def test_equal_appraisals_are_agreed_with_one_press(
    unit: AppraisedResult, reviewer: User, second_reviewer: User, lead: User, signed_in: SignIn
) -> None:
    for person in (reviewer, second_reviewer):
        appraisals.submit(by=person, appraisal=appraised(person, unit))
    client = signed_in(lead)
    assert "Agree on all" in client.get(address("consensus", unit)).content.decode()
    assert client.post(address("consensus", unit), {"do": "equal"}).status_code == 302
    page = client.get(reverse("analysis:appraise", args=[unit.study.review.slug])).content.decode()
    assert "1 of 1 results agreed" in page
    assert "judgement--low" in page
    figures = reverse("analysis:appraise_figures", args=[unit.study.review.slug, unit.outcome_id])
    assert figures in page
    assert "being drawn" in client.get(figures).content.decode()
    draw_judgements(unit.study.review_id, unit.outcome_id)
    drawn = client.get(figures).content.decode()
    assert "traffic_light-light.svg" in drawn
    assert "Overall risk of bias of 1 result" in drawn


def test_a_difference_is_marked_previewed_and_settled(
    unit: AppraisedResult, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    appraisals.submit(by=reviewer, appraisal=appraised(reviewer, unit))
    appraisals.submit(by=second_reviewer, appraisal=appraised(second_reviewer, unit, q1_2="NI"))
    client = signed_in(reviewer)
    page = client.get(address("consensus", unit)).content.decode()
    assert page.count("compare__row--differs") == 2
    answers = {f"code-{name}": code for name, code in LOW.items()}
    preview = client.post(address("consensus", unit), {**answers, "code-1.2": "N"}, headers=HTMX)
    assert "judgement--high" in preview.content.decode()
    assert not Consensus.objects.exists()
    partial = {name: code for name, code in answers.items() if name != "code-1.2"}
    refused = client.post(address("consensus", unit), {**partial, "do": "settle"})
    assert refused.status_code == 422
    departing = {**answers, "final-D3": "some_concerns", "why-D3": "Dropout unclear", "do": "settle"}
    assert client.post(address("consensus", unit), departing).status_code == 302
    consensus = Consensus.objects.get()
    assert consensus.judgements["D3"]["final"] == "some_concerns"
    assert consensus.judgements["overall"]["final"] == "some_concerns"
    assert client.post(address("consensus", unit), {**departing, "do": "nonsense"}).status_code == 404
