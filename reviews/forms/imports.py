"""Forms of the import wizard."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from reviews.models import Source, SourceKind
from reviews.services.imports import Told
from reviews.vendors import Vendor

FIELD_LABELS = {
    "title": "Title",
    "abstract": "Abstract",
    "authors": "Authors",
    "year": "Year or date",
    "journal": "Journal",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "start_page": "First page",
    "end_page": "Last page",
    "doi": "DOI",
    "pmid": "PMID",
    "accession": "Accession number",
    "language": "Language",
    "publication_types": "Kind of publication",
    "keywords": "Keywords",
    "url": "Address",
    "extra": "Extra (Zotero's, with the PMID)",
    "citation": "Journal, year and pages in one",
}
FORMAT_LABELS = {
    "ris": "RIS",
    "nbib": "NBIB (PubMed)",
    "pubmed_xml": "PubMed XML",
    "endnote_xml": "EndNote XML",
    "bibtex": "BibTeX",
    "wos": "Web of Science text",
    "enw": "ENW (EndNote, Google Scholar)",
    "csv": "Table (CSV or TSV)",
    "xlsx": "Excel workbook",
}
_MEGABYTE = 1024 * 1024
_ACCEPTED = ".ris,.txt,.nbib,.xml,.enw,.bib,.ciw,.csv,.tsv,.xlsx,.gz,.zip"


class UploadForm(forms.Form):
    """A file of references, and what PRISMA-S asks of the search that it is the result of."""

    file = forms.FileField(
        label="File",
        help_text="RIS, NBIB, PubMed XML, EndNote XML, ENW, BibTeX, Web of Science text, CSV or Excel; "
        "also as .gz or several in one .zip. Choose it or drop it here.",
        widget=forms.ClearableFileInput(attrs={"accept": _ACCEPTED, "class": "drop"}),
    )
    searched_on = forms.DateField(
        label="Day of the search",
        help_text="The day on which the database was searched, which may be long ago.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    query = forms.CharField(
        label="Query as it was run",
        required=False,
        strip=True,
        help_text="Copied from the database, line by line. It is filled in from the protocol.",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    limits = forms.CharField(
        label="Limits and filters",
        required=False,
        help_text="Such as languages, years or kinds of publication that were left out; empty: none.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["searched_on"].initial = timezone.localdate
        self.fields["query"].initial = source.query

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

    def told(self) -> Told:
        """What was said of the search; asked only of a valid form."""
        values = self.cleaned_data
        return Told(searched_on=values["searched_on"], query=values["query"], limits=values["limits"])


class NewSourceForm(forms.Form):
    """A source for files, filled in from the catalogue."""

    name = forms.CharField(label="Name", max_length=120, help_text="As it will stand in the PRISMA flow.")
    platform = forms.CharField(
        label="Platform", max_length=120, required=False, help_text="Where it is searched, such as Ovid."
    )
    kind = forms.ChoiceField(label="Kind", choices=SourceKind.choices)
    query = forms.CharField(
        label="Query",
        required=False,
        help_text="Exactly as it is run there; it can be written later.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label="Why the protocol changes",
        help_text="Screening has started, so a new source is an amendment.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, vendor: Vendor, is_frozen: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = "" if vendor.key in {"other", "reference_manager"} else vendor.name
        self.fields["platform"].initial = vendor.platform
        self.fields["kind"].initial = vendor.kind
        if not is_frozen:
            del self.fields["reason"]
