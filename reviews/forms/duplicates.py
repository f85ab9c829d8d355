"""Forms of the duplicates: what the queue is narrowed to, and from which score on pairs are accepted."""

from django import forms

from reviews.selectors.duplicates import Facets, QueueFilter


class QueueForm(forms.Form):
    """The filter of the queue. What it does not understand narrows nothing."""

    rule = forms.CharField(label="Reason", required=False, max_length=60, widget=forms.Select)
    sources = forms.RegexField(r"^\d{1,18}-\d{1,18}$", label="Found in", required=False, widget=forms.Select)
    least = forms.FloatField(
        label="Score from",
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )
    most = forms.FloatField(
        label="to",
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )

    def wanted(self) -> QueueFilter:
        self.is_valid()
        given = self.cleaned_data
        ids = tuple(int(pk) for pk in str(given.get("sources") or "").split("-") if pk)
        return QueueFilter(
            rule=given.get("rule") or "", sources=ids, least=given.get("least"), most=given.get("most")
        )

    def offer(self, facets: Facets) -> None:
        """Give the two lists their choices."""
        for name, found in (("rule", facets.rules), ("sources", facets.sources)):
            widget = self.fields[name].widget
            assert isinstance(widget, forms.Select)
            widget.choices = [("", "All"), *((key, f"{words} ({n})") for key, words, n in found)]


class BulkForm(forms.Form):
    """From which score on pairs are accepted, and the last question that the person saw."""

    least = forms.FloatField(
        label="Merge pairs with a score of at least",
        min_value=0.5,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )
    upto = forms.IntegerField(required=False, widget=forms.HiddenInput)
