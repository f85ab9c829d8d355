"""The form of an analysis: which tests it offers, and the sentence for one that does not suit."""

from collections.abc import Callable

from django import forms
from django.test import Client
from django.urls import reverse

from analysis.forms.specs import SpecForm
from analysis.models import SpecVersion
from analysis.synthesis_settings import CHOICES
from reviews.models import Outcome, OutcomeType, Review, User
from tests.analysis.living import makers

SignIn = Callable[[User], Client]


def _offered(outcome: Outcome, review: Review) -> list[str]:
    field = SpecForm.start(review=review, outcome=outcome).fields["bias_test"]
    assert isinstance(field, forms.ChoiceField)
    return [code for code in CHOICES["bias_test"] if field.valid_value(code)]


def test_only_tests_for_the_outcome_s_data_are_offered(outcome: Outcome, review: Review) -> None:
    of_counts = _offered(outcome, review)
    outcome.type, outcome.measure = OutcomeType.CONTINUOUS, "MD"

    assert of_counts == ["none", "egger", "thompson_sharp", "begg", "peters", "harbord", "ruecker_thompson"]
    assert _offered(outcome, review) == ["none", "egger", "thompson_sharp", "begg", "pustejovsky_rodgers"]


def test_a_test_that_does_not_suit_the_measure_is_refused_with_a_sentence(
    outcome: Outcome, review: Review, statistician: User, signed_in: SignIn
) -> None:
    spec = makers.spec(review, outcome)
    client = signed_in(statistician)
    url = reverse("analysis:analysis_revise", args=[review.slug, spec.pk])
    form = client.get(url).context["form"]
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    posted = {name: value for name, value in shown.items() if value not in (None, False)}
    posted["reason"] = "For odds ratios"

    refused = client.post(url, {**posted, "bias_test": "harbord"})

    assert refused.status_code == 422
    assert "Harbord&#x27;s score test does not suit this measure" in refused.content.decode()
    assert client.post(url, {**posted, "bias_test": "begg", "ci_method": "t"}).status_code == 302
    kept = SpecVersion.objects.filter(spec=spec).latest("number").settings
    assert (kept["bias_test"], kept["ci_method"]) == ("begg", "t")
