"""A person's key for a service that they search."""

from django import forms

from reviews.services.service_keys import SERVICES


class ServiceKeyForm(forms.Form):
    service = forms.ChoiceField(label="Service", choices=tuple(SERVICES.items()))
    key = forms.CharField(
        label="Key",
        max_length=200,
        help_text="Copied from your account there. It is kept encrypted and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    for_schedules = forms.BooleanField(
        label="Use it for the scheduled searches of the reviews that I lead, too", required=False
    )
