"""A change of settings changes what the person meant, and nothing beside it."""

from collections.abc import Callable

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from analysis.models import SpecVersion
from analysis.services import form_fields, specs
from reviews.models import Outcome, Review, User
from tests.analysis.living import makers

SignIn = Callable[[User], Client]


def sent(form: forms.Form) -> dict[str, object]:
    """What a browser sends of a form as it opens."""
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in shown.items() if value is not None and value is not False}


@pytest.mark.parametrize("kind", ["choice", "text"])
def test_a_filter_on_a_characteristic_off_the_form_is_not_lifted_unseen(
    review: Review, outcome: Outcome, lead: User, signed_in: SignIn, kind: str
) -> None:
    choices = ["ALL", "B-ALL"] if kind == "choice" else []
    field = form_fields.add(by=lead, review=review, label="Leukaemia", kind=kind, choices=choices)
    spec = makers.spec(review, outcome, subgroup_field=field, filters={field.key: "ALL"})
    form_fields.retire(by=lead, field=field)
    client = signed_in(lead)
    url = reverse("analysis:analysis_revise", args=[review.slug, spec.pk])
    posted = sent(client.get(url).context["form"]) | {"tau2_method": "DL", "reason": "As planned"}
    assert client.post(url, posted).status_code == 302
    version = SpecVersion.objects.filter(spec=spec).latest("number")
    assert version.settings["tau2_method"] == "DL"
    assert (version.subgroup_field, version.filters) == (field, {field.key: "ALL"})


def test_a_page_loaded_before_anothers_change_does_not_undo_it(
    review: Review, outcome: Outcome, lead: User, signed_in: SignIn
) -> None:
    spec = makers.spec(review, outcome)
    client = signed_in(lead)
    url = reverse("analysis:analysis_revise", args=[review.slug, spec.pk])
    page = client.get(url)
    assert 'name="based_on" value="1"' in page.content.decode()
    specs.revise(by=lead, spec=spec, settings={"tau2_method": "PM"}, reason="As planned")
    refused = client.post(url, sent(page.context["form"]) | {"model": "common", "reason": "Simpler"})
    assert refused.status_code == 422
    assert "while you had its settings open" in refused.content.decode()
    assert SpecVersion.objects.filter(spec=spec).latest("number").settings["tau2_method"] == "PM"
