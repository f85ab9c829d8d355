"""What sign-up asks beyond e-mail and password."""

from django import forms
from django.http import HttpRequest

from reviews.models import User


class SignupForm(forms.Form):
    """allauth adds the e-mail address and the passwords."""

    name = forms.CharField(
        max_length=200, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ("name", "email", "password1", "password2")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])
