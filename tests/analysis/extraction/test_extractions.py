import pytest

from analysis.models import AgreedValue, Datum, Value
from analysis.reading import EventsExceedTotal
from analysis.selectors import data as data_selectors
from analysis.selectors import extraction as forms
from analysis.services import agreements, extractions, form_fields, studies
from reviews.errors import InvalidInput, NotAllowed
from reviews.models import AuditEvent, Membership, OutboxEvent, Review, User
from tests import factories
from tests.analysis import makers


def told(review: Review) -> list[dict[str, int]]:
    return list(
        OutboxEvent.objects.filter(review_id=review.pk, topic="extraction.agreed")
        .order_by("id")
        .values_list("payload", flat=True)
    )


def test_a_value_keeps_what_was_printed_and_what_is_used(started_review: Review, reviewer: User) -> None:
    study = makers.study(started_review)
    makers.fill(reviewer, study, {"events": "36 %", "total": "25"}, quote="36 % responded", page="4")
    events = Value.objects.get(quantity="events")
    assert (events.as_reported, events.as_used, events.conversion) == ("36 %", "9", "percent_of_total")
    assert (events.quote, events.page) == ("36 % responded", "4")


def test_a_changed_value_supersedes_and_an_unchanged_one_adds_nothing(
    started_review: Review, reviewer: User
) -> None:
    study = makers.study(started_review)
    mine = makers.fill(reviewer, study, {"events": "9", "total": "25"})
    makers.fill(reviewer, study, {"events": "9", "total": "25"})
    assert Value.objects.count() == 2
    makers.fill(reviewer, study, {"events": "10"})
    assert Value.objects.count() == 3
    assert Value.objects.latest("id").supersedes is not None
    entry = next(iter(forms.entries_of(mine, forms.form_items(study)).values()))
    assert entry.used == "10/25"


def test_a_percentage_typed_before_its_total_is_used_once_the_total_is_there(
    started_review: Review, reviewer: User
) -> None:
    study = makers.study(started_review)
    mine = makers.fill(reviewer, study, {"events": "36 %"})
    with pytest.raises(extractions.ExtractionIncomplete, match="response, All participants"):
        extractions.finish(by=reviewer, extraction=mine)
    makers.fill(reviewer, study, {"total": "25"})
    extractions.finish(by=reviewer, extraction=mine)
    assert Value.objects.filter(quantity="events").latest("id").as_used == "9"


def test_enter_refuses_impossible_data_and_writes_nothing(started_review: Review, reviewer: User) -> None:
    study = makers.study(started_review)
    with pytest.raises(EventsExceedTotal):
        makers.fill(reviewer, study, {"events": "26", "total": "25"})
    assert not Value.objects.exists()


def test_an_audit_row_never_says_what_was_read(started_review: Review, reviewer: User) -> None:
    makers.fill(reviewer, makers.study(started_review), {"events": "9", "total": "25"})
    row = AuditEvent.objects.get(verb="value.entered")
    assert list(row.new or {}) == ["values"]


def test_nobody_sees_the_other_reading_before_both_have_finished(
    started_review: Review, reviewer: User, second_reviewer: User, lead: User
) -> None:
    study = makers.study(started_review)
    first = makers.fill(reviewer, study, {"events": "9", "total": "25"})
    assert forms.open_extractions(study) == []
    extractions.finish(by=reviewer, extraction=first)
    assert forms.open_extractions(study) == []
    second = makers.fill(second_reviewer, study, {"events": "9", "total": "25"})
    assert forms.open_extractions(study) == []
    with pytest.raises(agreements.StillBlind):
        extractions.agree_equal(by=lead, study=study)
    extractions.finish(by=second_reviewer, extraction=second)
    assert forms.open_extractions(study) == [first, second]


def test_nobody_writes_in_the_reading_of_another(
    started_review: Review, reviewer: User, second_reviewer: User, observer: User
) -> None:
    study = makers.study(started_review)
    mine = makers.fill(reviewer, study, {"events": "9", "total": "25"})
    with pytest.raises(NotAllowed):
        extractions.finish(by=second_reviewer, extraction=mine)
    with pytest.raises(NotAllowed):
        extractions.start(by=observer, study=study)


def test_a_third_extractor_is_refused_until_one_leaves_the_team(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    study = makers.study(started_review)
    extractions.start(by=reviewer, study=study)
    extractions.start(by=second_reviewer, study=study)
    with pytest.raises(extractions.ExtractorsComplete):
        extractions.start(by=third_reviewer, study=study)
    Membership.objects.filter(user=second_reviewer).update(until="2024-01-01T00:00Z")
    assert extractions.start(by=third_reviewer, study=study).person == third_reviewer


def test_equal_readings_are_agreed_at_once_and_told_once_an_outcome(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.study(started_review)
    for person, events in ((reviewer, "36 %"), (second_reviewer, "9")):
        mine = makers.fill(person, study, {"events": events, "total": "25"})
        extractions.finish(by=person, extraction=mine)
    assert extractions.agree_equal(by=reviewer, study=study) == 1
    assert extractions.agree_equal(by=reviewer, study=study) == 0
    agreed = AgreedValue.objects.get(quantity="events")
    assert (agreed.as_reported, agreed.as_used, agreed.basis) == ("36 %", "9", "equal")
    assert set(agreed.of_values) == set(Value.objects.values_list("pk", flat=True))
    assert Datum.objects.get().status == "agreed"
    assert told(started_review) == [{"study": study.pk, "outcome": makers.outcome(started_review).pk}]


def test_a_difference_is_settled_by_choosing_or_by_typing(
    started_review: Review, reviewer: User, second_reviewer: User, lead: User
) -> None:
    field = form_fields.add(by=lead, review=started_review, label="Country")
    study = makers.study(started_review)
    for person, events, country in ((reviewer, "9", "China"), (second_reviewer, "10", "Israel")):
        mine = makers.fill(person, study, {"events": events, "total": "25"})
        extractions.enter(by=person, extraction=mine, field=field, entries={"field": country})
        extractions.finish(by=person, extraction=mine)
    assert extractions.agree_equal(by=reviewer, study=study) == 0
    assert [row.needs_a_person for row in forms.comparison(study, forms.open_extractions(study))] == [
        True,
        True,
    ]
    first, _ = forms.open_extractions(study)
    extractions.agree(by=lead, study=study, field=field, choose=first)
    extractions.agree(by=lead, study=study, datum=Datum.objects.get(), entries={"events": "11/25"})
    found = data_selectors.outcome_data(makers.outcome(started_review).pk)[0]
    assert (found.arms[0].events, found.arms[0].total, found.fields) == (11, 25, {"country": "China"})
    assert set(AgreedValue.objects.values_list("basis", flat=True)) == {"resolved"}
    with pytest.raises(agreements.AlreadyAgreed):
        extractions.agree(by=lead, study=study, field=field, choose=first)


def test_agreeing_refuses_half_a_result(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.study(started_review)
    for person, events in ((reviewer, "9"), (second_reviewer, "10")):
        extractions.finish(
            by=person, extraction=makers.fill(person, study, {"events": events, "total": "25"})
        )
    with pytest.raises(agreements.StillIncomplete, match="total"):
        extractions.agree(by=reviewer, study=study, datum=Datum.objects.get(), entries={"events": "9"})


def test_a_correction_supersedes_with_a_note_and_is_told(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.agreed(
        makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    datum = Datum.objects.get()
    with pytest.raises(agreements.NoteNeeded):
        extractions.correct(by=reviewer, study=study, datum=datum, entries={"events": "8"}, note=" ")
    extractions.correct(by=reviewer, study=study, datum=datum, entries={"events": "8"}, note="Erratum")
    extractions.correct(by=reviewer, study=study, datum=datum, entries={"events": "8"}, note="Again")
    assert data_selectors.outcome_data(datum.outcome_id)[0].arms[0].events == 8
    assert AgreedValue.objects.filter(basis="corrected").count() == 2
    assert AgreedValue.objects.count() == 4
    assert len(told(started_review)) == 2


def test_a_correction_can_say_that_a_result_is_unusable(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.agreed(
        makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    datum = Datum.objects.get()
    extractions.correct(
        by=reviewer, study=study, datum=datum, reported="unusable", note="Counts infusions, not people"
    )
    found = data_selectors.outcome_data(datum.outcome_id)[0]
    assert (found.status, found.reason, found.arms[0].events) == (
        "unusable",
        "Counts infusions, not people",
        None,
    )
    assert not found.contributes


def test_an_unusable_result_needs_its_reason(started_review: Review, reviewer: User) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        makers.fill(reviewer, makers.study(started_review), {}, reported="unusable")


def test_what_is_left_can_be_marked_not_reported_in_one_act(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    factories.outcome(started_review, name="survival")
    study = makers.study(started_review)
    for person in (reviewer, second_reviewer):
        mine = makers.fill(person, study, {"events": "9", "total": "25"})
        assert extractions.mark_rest_not_reported(by=person, extraction=mine) == 1
        extractions.finish(by=person, extraction=mine)
    assert extractions.agree_equal(by=reviewer, study=study) == 2
    survival = makers.outcome(started_review, "survival")
    assert data_selectors.outcome_data(survival.pk)[0].status == "not_reported"


def test_a_reading_opens_again_only_while_the_other_is_blind(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.study(started_review)
    mine = makers.fill(reviewer, study, {"events": "9", "total": "25"})
    extractions.finish(by=reviewer, extraction=mine)
    with pytest.raises(extractions.ExtractionFinished):
        makers.fill(reviewer, study, {"events": "8"})
    extractions.reopen(by=reviewer, extraction=mine)
    makers.fill(reviewer, study, {"events": "8"})
    extractions.finish(by=reviewer, extraction=mine)
    other = makers.fill(second_reviewer, study, {"events": "9", "total": "25"})
    extractions.finish(by=second_reviewer, extraction=other)
    with pytest.raises(extractions.StaysFinished):
        extractions.reopen(by=reviewer, extraction=mine)


def test_an_agreed_value_cannot_be_read_again(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.agreed(
        makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    factories.outcome(started_review, name="survival")
    with pytest.raises(extractions.ValueAgreed):
        makers.fill(reviewer, study, {"events": "8"})


def test_a_team_of_one_agrees_from_one_reading_and_says_so(lead: User) -> None:
    review = factories.review(lead)
    factories.fill_protocol(review)
    study = makers.study(review)
    extractions.finish(by=lead, extraction=makers.fill(lead, study, {"events": "9", "total": "25"}))
    assert extractions.agree_equal(by=lead, study=study) == 1
    agreed = AgreedValue.objects.get(quantity="events")
    assert (agreed.basis, agreed.note) == ("resolved", "Read by one person: the team has one extractor.")


def test_a_study_taken_out_keeps_its_values_and_has_them_back(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.agreed(
        makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    outcome = makers.outcome(started_review)
    studies.set_eligibility(by=reviewer, study=study, verdict="excluded", note="Wrong dose")
    assert data_selectors.outcome_data(outcome.pk) == []
    with pytest.raises(extractions.StudyNotIncluded):
        extractions.start(by=reviewer, study=study)
    studies.set_eligibility(by=reviewer, study=study, verdict="included")
    assert data_selectors.contributing(outcome.pk)[0].arms[0].events == 9


def test_fields_refuse_what_is_not_offered(started_review: Review, reviewer: User, lead: User) -> None:
    antigen = form_fields.add(
        by=lead, review=started_review, label="Antigen", kind="choice", choices=["CD19", "CD19/CD22"]
    )
    age = form_fields.add(by=lead, review=started_review, label="Age", kind="number", unit="years")
    mine = extractions.start(by=reviewer, study=makers.study(started_review))
    extractions.enter(by=reviewer, extraction=mine, field=antigen, entries={"field": "CD19"})
    extractions.enter(by=reviewer, extraction=mine, field=age, entries={"field": "11.5"})
    with pytest.raises(InvalidInput, match="not among the choices"):
        extractions.enter(by=reviewer, extraction=mine, field=antigen, entries={"field": "CD20"})
    with pytest.raises(InvalidInput):
        extractions.enter(by=reviewer, extraction=mine, field=age, entries={"field": "adults"})


def test_only_the_lead_changes_the_form(started_review: Review, reviewer: User, lead: User) -> None:
    with pytest.raises(NotAllowed):
        form_fields.add(by=reviewer, review=started_review, label="Country")
    field = form_fields.add(by=lead, review=started_review, label="Country")
    with pytest.raises(InvalidInput, match="on the form already"):
        form_fields.add(by=lead, review=started_review, label="country")
    with pytest.raises(InvalidInput, match="at least two"):
        form_fields.add(by=lead, review=started_review, label="Antigen", kind="choice", choices=["CD19"])
    assert form_fields.retire(by=lead, field=field).retired_at is not None
    assert form_fields.restore(by=lead, field=field).retired_at is None
