"""Forms of what is frozen when screening starts: a change after it is an amendment with a reason."""

from typing import Any

from django import forms


class AmendableForm(forms.ModelForm[Any]):
    """A form whose change is an amendment where the protocol is frozen."""

    reason = forms.CharField(
        label="Why this is changed",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Screening has started: the change becomes an amendment and is published with its reason.",
    )

    def __init__(self, *args: Any, is_frozen: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_frozen:
            self.fields["reason"].required = True
        else:
            del self.fields["reason"]

    def values(self) -> dict[str, Any]:
        """The cleaned fields of the row itself."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}

    def why(self) -> str:
        return str(self.cleaned_data.get("reason", ""))
