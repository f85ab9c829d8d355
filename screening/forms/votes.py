"""What a person types or presses on the screening pages."""

from typing import Any

from django import forms

from reviews.models import AdjudicationRule, ExclusionReason, Review
from screening.models import StageName, Verdict

_CASTABLE = [(verdict.value, verdict.label) for verdict in Verdict if verdict != Verdict.WITHDRAWN]


class VerdictForm(forms.Form):
    """A verdict; one button can say both, as in "exclude:12", where 12 is the reason."""

    verdict = forms.CharField(max_length=40)
    note = forms.CharField(required=False, max_length=4000, strip=True)

    def __init__(self, data: Any, *, review: Review) -> None:
        super().__init__(data)
        self._review = review

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        verdict, _, reason = cleaned.get("verdict", "").partition(":")
        if verdict not in dict(_CASTABLE):
            raise forms.ValidationError("Choose include, maybe or exclude.")
        cleaned["verdict"], cleaned["reason"] = verdict, None
        if reason:
            listed = ExclusionReason.objects.filter(protocol__review=self._review, retired_at__isnull=True)
            cleaned["reason"] = listed.filter(pk=reason).first() if reason.isdecimal() else None
            if cleaned["reason"] is None:
                raise forms.ValidationError("This reason is not on the protocol's list.")
        return cleaned

    def problem(self) -> str:
        """Why it is not valid, in one line."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)

    def ballot(self) -> dict[str, Any]:
        """The arguments of the services."""
        return {name: self.cleaned_data[name] for name in ("verdict", "reason", "note")}


class VoteForm(VerdictForm):
    """A vote with the time that it took, and what the page holds already."""

    report = forms.IntegerField(min_value=1)
    seconds = forms.IntegerField(required=False, min_value=0)
    holding = forms.CharField(required=False, max_length=200)


def ids_in(text: str) -> list[int]:
    """Ids as a page sends them: "12,13"; anything else in it is passed over."""
    return [int(part) for part in text.split(",") if part.isdecimal()][:20]


class VotesForm(forms.Form):
    """How many votes each stage asks for, and who settles conflicts."""

    title_abstract = forms.IntegerField(
        label="Votes on each title and abstract",
        min_value=1,
        max_value=5,
        help_text="Two is the rule; 1 to 5.",
    )
    full_text = forms.IntegerField(label="Votes on each full text", min_value=1, max_value=5)
    adjudication = forms.ChoiceField(
        label="Conflicts are settled by",
        choices=AdjudicationRule.choices,
        widget=forms.RadioSelect,
        help_text="A third person judges blind first. A team of two needs the lead, or consensus.",
    )

    def votes(self) -> dict[StageName, int]:
        return {name: self.cleaned_data[name.value] for name in StageName}
