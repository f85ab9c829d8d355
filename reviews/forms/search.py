"""Forms of the list of records."""

from typing import Any

from django import forms

from reviews.models import SearchRun, Source
from reviews.selectors import RecordFilter

PLACES = (
    ("", "All records"),
    ("standing", "Not merged"),
    ("merged", "Merged into another"),
    ("revised", "Revisions of a record"),
)


class FilterForm(forms.Form):
    """What the list of records is narrowed to; nothing in it is an error, only an empty list."""

    q = forms.CharField(label="Words of title, author, journal, DOI or PMID", required=False, max_length=200)
    source = forms.ModelChoiceField(label="Source", queryset=Source.objects.none(), required=False)
    run = forms.ModelChoiceField(label="Run", queryset=SearchRun.objects.none(), required=False)
    place = forms.ChoiceField(label="Which", choices=PLACES, required=False)

    def __init__(self, *args: Any, review_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources, runs = self.fields["source"], self.fields["run"]
        assert isinstance(sources, forms.ModelChoiceField)
        assert isinstance(runs, forms.ModelChoiceField)
        sources.queryset = Source.objects.filter(protocol__review_id=review_id)
        sources.empty_label = "All sources"
        runs.queryset = SearchRun.objects.filter(review_id=review_id).defer("checkpoint")
        runs.widget = forms.HiddenInput()
        self.fields["q"].widget.attrs |= {"type": "search", "data-search": "", "autocomplete": "off"}

    def wanted(self) -> RecordFilter:
        """The filter; what makes no sense narrows nothing."""
        self.is_valid()
        values = self.cleaned_data
        source, run = values.get("source"), values.get("run")
        return RecordFilter(
            words=values.get("q", ""),
            source=source.pk if source else None,
            run=run.pk if run else None,
            place=values.get("place", ""),
        )
