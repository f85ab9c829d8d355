"""Forms of imports and of the list of records."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from reviews.models import SearchRun, Source
from reviews.selectors import RecordFilter

_MEGABYTE = 1024 * 1024
PLACES = (
    ("", "All records"),
    ("standing", "Not merged"),
    ("merged", "Merged into another"),
    ("revised", "Revisions of a record"),
)


class ImportForm(forms.Form):
    """A file of references for one source."""

    file = forms.FileField(
        label="File of references",
        help_text="RIS, NBIB, PubMed XML or CSV, exported with abstracts.",
        widget=forms.ClearableFileInput(attrs={"accept": ".ris,.txt,.nbib,.xml,.csv,.tsv,.ciw"}),
    )
    searched_on = forms.DateField(
        label="Day of the search",
        help_text="The day on which the source was searched, for the report.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    again = forms.BooleanField(
        label="Import it again all the same",
        required=False,
        help_text="Records that are here already are noted as found again; none is doubled.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["searched_on"].initial = timezone.localdate
        self.asks_again = bool(self.data.get("again"))

    def clean_file(self) -> "UploadedFile[bytes]":
        given: UploadedFile[bytes] = self.cleaned_data["file"]
        if given.size is not None and given.size > settings.UPLOAD_MAX_BYTES:
            largest = settings.UPLOAD_MAX_BYTES // _MEGABYTE
            raise forms.ValidationError(f"Files may have {largest} MB at most; split this one.")
        return given

    def clean_searched_on(self) -> object:
        day = self.cleaned_data["searched_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("This day is still to come.")
        return day


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
