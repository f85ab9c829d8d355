"""Forms of the risk-of-bias pages. Answers themselves are checked by the tool's definition."""

from typing import Any

from django import forms

from analysis.models import EffectOfInterest
from analysis.selectors.appraisals import tool
from analysis.wording_rob import DEVIATIONS, SOURCES


class ResultForm(forms.Form):
    """Which result is appraised, and for which effect."""

    numerical_result = forms.CharField(
        label="The numerical result",
        max_length=200,
        required=False,
        help_text="Such as “RR 0.62 (0.40 to 0.95), table 2”. Leave empty where the trial gives one result.",
    )
    effect = forms.ChoiceField(label="Effect of interest", choices=EffectOfInterest.choices)
    deviations = forms.MultipleChoiceField(
        label="Deviations addressed",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For the effect of adhering: at least one.",
    )
    sources = forms.MultipleChoiceField(
        label="Sources consulted", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deviations, sources = self.fields["deviations"], self.fields["sources"]
        assert isinstance(deviations, forms.MultipleChoiceField)
        assert isinstance(sources, forms.MultipleChoiceField)
        offered = next(setting.options for setting in tool().settings if setting.id == "deviations")
        deviations.choices = [(option, DEVIATIONS[option]) for option in offered]
        sources.choices = [(option, SOURCES[option]) for option in tool().sources_options]
