"""What the lead says when publishing."""

from django import forms


class PublishForm(forms.Form):
    """A note for readers; and, while something is being recomputed, that it need not be waited for."""

    note = forms.CharField(
        label="Note to readers",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What a reader should know of this version beside what changed.",
    )
    despite_stale = forms.BooleanField(
        label="Publish what the analyses show now, without waiting for them", required=False
    )

    def __init__(self, *args: object, is_stale: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        if not is_stale:
            del self.fields["despite_stale"]
