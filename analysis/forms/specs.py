"""Forms of an analysis: its plan, with every default stated, and the reason of a change."""

from typing import Any

from django import forms
from django.db.models import Q

from analysis.models import FieldKind, FormField, Spec, SpecVersion
from analysis.synthesis_settings import CHOICES, DEFAULTS, FLAGS, complete, measures_of, suits
from reviews.models import Outcome, OutcomeType, Review

_LABELS = {
    "measure": "Measure",
    "pooling": "Way of pooling",
    "model": "Model",
    "tau2_method": "Estimator of tau²",
    "ci_method": "Interval of the pooled estimate",
    "prediction": "Prediction interval",
    "to": "Where the continuity correction is added",
    "subgroup_tau2": "Tau² of subgroups",
    "bias_test": "Test of small-study effects",
    "pft_size": "Size for the double arcsine's back-transformation",
}
_HELP = {
    "pooling": (
        "Mantel-Haenszel and Peto pool the counts of two arms under a common effect; a mixed model pools "
        "odds ratios or logit proportions without correcting empty cells."
    ),
    "ci_method": (
        "“Where possible”: from 3 studies on, where tau² is above 0; the page says why it is Wald. "
        "With t the Wald interval is wider, above all with few studies."
    ),
    "prediction": "Given from 3 studies on, and marked below 5.",
    "bias_test": (
        "Done from 10 studies on, below only on request. Usual: Peters' for odds ratios, risk ratios and "
        "risk differences, whose standard error contains the effect; Egger's for differences of means."
    ),
}
_PLANNED = "The protocol plans: {planned}. While it is the same here, an amendment changes both."
_LEVELS = [("0.9", "90 %"), ("0.95", "95 %"), ("0.99", "99 %")]
_FILTER = "filter_"


class SettingsForm(forms.Form):
    """How to pool, of which studies, divided by what."""

    def __init__(
        self,
        *args: Any,
        review: Review,
        outcome: Outcome | None,
        version: SpecVersion | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.outcome = outcome
        for name, choices in CHOICES.items():
            self.fields[name] = self._choice(name, choices)
        self.fields["level"] = forms.ChoiceField(label="Confidence level", choices=_LEVELS, initial="0.95")
        self.fields["add"] = forms.FloatField(
            label="Continuity correction", min_value=0, max_value=10, initial=DEFAULTS["add"]
        )
        self.fields["drop00"] = forms.BooleanField(
            label="Leave out studies without events in either arm", required=False
        )
        self.fields["bias_test_on_request"] = forms.BooleanField(
            label="Test small-study effects even below 10 studies", required=False
        )
        filters = version.filters if version else {}
        # What the analysis reads now stays to be chosen, also when it has left the extraction form: a form
        # that could not show a filter would lift it unseen.
        in_use = Q(key__in=filters) | Q(pk=version.subgroup_field_id if version else None)
        characteristics = FormField.objects.filter(Q(retired_at__isnull=True) | in_use, review=review)
        self.fields["subgroup_field"] = forms.ModelChoiceField(
            characteristics.exclude(kind=FieldKind.NUMBER),
            label="Subgroups by",
            required=False,
            empty_label="No subgroups",
            help_text="A study that does not report it counts in the whole, not in the test.",
        )
        for field in characteristics.filter(Q(kind=FieldKind.CHOICE) | Q(key__in=filters)):
            values = dict.fromkeys([*field.choices, *([filters[field.key]] if field.key in filters else [])])
            self.fields[_FILTER + field.key] = forms.ChoiceField(
                label=f"Only studies with {field.label}",
                required=False,
                choices=[("", "Any"), *((value, value) for value in values)],
            )

    def _choice(self, name: str, choices: dict[str, str]) -> forms.ChoiceField:
        help_text = _HELP.get(name, "")
        if name == "pooling" and self.outcome and self.outcome.type != OutcomeType.BINARY:
            choices = {"inverse": choices["inverse"]}
        if name == "bias_test" and self.outcome:
            allowed = measures_of(self.outcome.type)
            choices = {
                code: words
                for code, words in choices.items()
                if any(suits(code, measure) for measure in allowed)
            }
        if name == "measure" and self.outcome:
            allowed = measures_of(self.outcome.type)
            choices = {code: words for code, words in choices.items() if code in allowed}
            help_text = _PLANNED.format(planned=choices[self.outcome.measure])
        return forms.ChoiceField(
            label=_LABELS[name],
            choices=list(choices.items()),
            initial=DEFAULTS.get(name),
            help_text=help_text,
        )

    def settings(self) -> dict[str, object]:
        """The settings as the service takes them."""
        found: dict[str, object] = {name: self.cleaned_data[name] for name in CHOICES}
        found.update({name: self.cleaned_data[name] for name in FLAGS})
        found["level"] = float(self.cleaned_data["level"])
        found["add"] = float(self.cleaned_data["add"])
        return found

    def filters(self) -> dict[str, str]:
        return {
            name.removeprefix(_FILTER): value
            for name, value in self.cleaned_data.items()
            if name.startswith(_FILTER) and value
        }

    @property
    def main(self) -> list[forms.BoundField]:
        return [
            self[name]
            for name in ("measure", "pooling", "model", "tau2_method", "ci_method", "level", "prediction")
        ]

    @property
    def which(self) -> list[forms.BoundField]:
        return [self["subgroup_field"], *(self[name] for name in self.fields if name.startswith(_FILTER))]

    @property
    def fine(self) -> list[forms.BoundField]:
        names = ("add", "to", "drop00", "subgroup_tau2", "bias_test", "bias_test_on_request", "pft_size")
        return [self[name] for name in names]


class SpecForm(SettingsForm):
    """A new analysis."""

    name = forms.CharField(label="Name", max_length=200, help_text="It stands above the figure.")
    note = forms.CharField(
        label="Note beside the figure",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What a reader must know, such as that the pool is partial.",
    )
    is_headline = forms.BooleanField(label="Show it first on the overview", required=False)

    @classmethod
    def start(cls, *, review: Review, outcome: Outcome) -> "SpecForm":
        """The form as it opens: the defaults of the outcome's measure."""
        first = complete({}, measure=outcome.measure, outcome_type=outcome.type)
        taken = Spec.objects.filter(review=review, name__iexact=outcome.name).exists()
        initial = {**first, "level": f"{first['level']:g}", "name": "" if taken else outcome.name}
        return cls(review=review, outcome=outcome, initial=initial)


class RevisionForm(SettingsForm):
    """Other settings, and why."""

    reason = forms.CharField(
        label="Why it is changed",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The reason stands in the history, beside the run that follows.",
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def start(cls, *, version: SpecVersion) -> "RevisionForm":
        spec = version.spec
        initial = {**version.settings, "level": f"{version.settings['level']:g}"}
        initial |= {"subgroup_field": version.subgroup_field_id, "based_on": version.number}
        initial.update({_FILTER + key: value for key, value in version.filters.items()})
        return cls(review=spec.review, outcome=spec.outcome, version=version, initial=initial)
