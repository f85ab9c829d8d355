"""Forms of the pages of studies, and of the extraction form itself."""

from typing import Any

from django import forms

from analysis.models import ArmRole, Design, Eligibility, FieldKind, Overlap, Reported, Study
from analysis.selectors.studies import reports_to_link
from reviews.models import ExclusionReason, ReasonScope


class StudyForm(forms.Form):
    """A form about one study."""

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        # Several of these stand on one page, and some of their fields share a name.
        kwargs["auto_id"] = f"id_{type(self).__name__}_%s".lower()
        super().__init__(*args, **kwargs)
        self.study = study
        self.prepare()

    def prepare(self) -> None:
        """Fill what depends on the study."""


class LabelForm(StudyForm):
    label = forms.CharField(label="Label", max_length=120)

    def prepare(self) -> None:
        self.fields["label"].initial = self.study.label


class DesignForm(StudyForm):
    design = forms.ChoiceField(label="Design", choices=Design.choices)

    def prepare(self) -> None:
        self.fields["design"].initial = self.study.design


class ArmForm(StudyForm):
    role = forms.ChoiceField(label="Role", choices=ArmRole.choices)
    label = forms.CharField(label="Name of the arm", max_length=120)


class EligibilityForm(StudyForm):
    verdict = forms.ChoiceField(label="The study is", choices=Eligibility.choices)
    reason = forms.ModelChoiceField(
        label="Reason for exclusion", queryset=ExclusionReason.objects.none(), required=False
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def prepare(self) -> None:
        self.fields["verdict"].initial = self.study.eligibility
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ModelChoiceField)
        reason.queryset = ExclusionReason.objects.filter(
            protocol__review_id=self.study.review_id, scope=ReasonScope.STUDY, retired_at__isnull=True
        )


class LinkForm(StudyForm):
    report = forms.TypedChoiceField(label="Report", coerce=int)

    def prepare(self) -> None:
        field = self.fields["report"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(report.pk, report.title) for report in reports_to_link(self.study)]


class OverlapForm(StudyForm):
    other = forms.ModelChoiceField(label="Other study", queryset=Study.objects.none())
    extent = forms.ChoiceField(label="They count", choices=Overlap.choices)
    note = forms.CharField(label="Why you think so", required=False)

    def prepare(self) -> None:
        field = self.fields["other"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Study.objects.filter(review_id=self.study.review_id, study_reports__isnull=False)
            .exclude(pk=self.study.pk)
            .order_by("label")
            .distinct()
        )


class FormFieldForm(forms.Form):
    """A new characteristic."""

    label = forms.CharField(label="Characteristic", max_length=120)
    kind = forms.ChoiceField(label="Kind", choices=FieldKind.choices)
    choices = forms.CharField(
        label="Values to choose from",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For a choice: one value a line.",
    )
    unit = forms.CharField(label="Unit", max_length=40, required=False)


class EntryForm(forms.Form):
    """What is typed on one line of the form; the numbers themselves are read by `analysis.reading`."""

    reported = forms.ChoiceField(choices=Reported.choices, required=False)
    quote = forms.CharField(required=False)
    page = forms.CharField(max_length=40, required=False)
    place = forms.CharField(max_length=120, required=False)
    why = forms.CharField(max_length=300, required=False)
    note = forms.CharField(required=False)
