"""Forms of team and settings."""

from django import forms

from reviews.models import Review, Role


class ReviewForm(forms.Form):
    title = forms.CharField(max_length=300, label="Title")
    question = forms.CharField(
        label="Question",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One sentence: who, which intervention, against what, which outcomes. It can wait.",
    )


class SettingsForm(forms.ModelForm[Review]):
    class Meta:
        model = Review
        fields = ("title", "is_public", "notice")
        labels = {"is_public": "Anyone may read the published report", "notice": "Notice on the report"}
        help_texts = {
            "is_public": "Only what you publish is shown, never the work in progress.",
            "notice": "What every reader must know, such as that data are simulated.",
        }
        widgets = {"notice": forms.Textarea(attrs={"rows": 3})}


class InviteForm(forms.Form):
    email = forms.EmailField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.REVIEWER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=Role.choices)
