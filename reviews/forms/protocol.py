"""Forms of the protocol. After screening has started each also asks why."""

from typing import Any

from django import forms
from django.db.models import Model

from reviews.forms.amending import AmendableForm
from reviews.forms.sources import SourceForm
from reviews.models import Criterion, ExclusionReason, Outcome, Protocol, Source

_FOLLOWED = "Analyses that pool with this measure take another one with it; those with their own keep it."


class TextsForm(AmendableForm):
    class Meta:
        model = Protocol
        fields = ("question", "rationale", "synthesis_plan", "registry", "registration_id")
        labels = {
            "synthesis_plan": "Planned synthesis",
            "registration_id": "Registration id",
            "registry": "Registry",
        }
        help_texts = {
            "synthesis_plan": "Measure, model, subgroups and sensitivity analyses, decided before the data.",
            "registry": "Such as PROSPERO or OSF.",
        }
        widgets = {
            "question": forms.Textarea(attrs={"rows": 3}),
            "rationale": forms.Textarea(attrs={"rows": 4}),
            "synthesis_plan": forms.Textarea(attrs={"rows": 5}),
        }


class CriterionForm(AmendableForm):
    class Meta:
        model = Criterion
        fields = ("slot", "kind", "text")
        labels = {"slot": "About", "kind": "A study that meets it is"}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}


class ExclusionReasonForm(AmendableForm):
    class Meta:
        model = ExclusionReason
        fields = ("label", "scope", "position")
        labels = {"scope": "What it says", "position": "Place in the list"}
        help_texts = {"label": "Short: it stands in the PRISMA flow."}


class OutcomeForm(AmendableForm):
    class Meta:
        model = Outcome
        fields = ("name", "type", "measure", "direction", "definition", "unit", "is_primary")
        labels = {"type": "Studies report it as", "is_primary": "Primary outcome"}
        help_texts = {"unit": "For means, such as mmHg."}
        widgets = {"definition": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # data hang on the type: another type is another outcome
            del self.fields["type"]
            self.fields["measure"].help_text = _FOLLOWED


FORMS: dict[type[Model], type[AmendableForm]] = {
    Criterion: CriterionForm,
    ExclusionReason: ExclusionReasonForm,
    Outcome: OutcomeForm,
    Source: SourceForm,
}
