"""References that a person enters: by their numbers, or typed."""

from django import forms


class IdentifiersForm(forms.Form):
    identifiers = forms.CharField(
        label="DOIs, PMIDs, trial numbers or links, one a line",
        help_text="Each is looked up; what nobody knows is named, and can be typed below.",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )


class TypedForm(forms.Form):
    """One reference; the title is all that it needs."""

    prefix = "typed"
    title = forms.CharField(label="Title", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    authors = forms.CharField(
        label="Authors, one a line",
        help_text="Family name, comma, given names.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    year = forms.IntegerField(label="Year", required=False)
    journal = forms.CharField(label="Journal, book or website", required=False, max_length=500)
    volume = forms.CharField(label="Volume", required=False, max_length=80)
    issue = forms.CharField(label="Issue", required=False, max_length=80)
    pages = forms.CharField(label="Pages", required=False, max_length=120)
    doi = forms.CharField(label="DOI", required=False, max_length=255)
    pmid = forms.CharField(label="PMID", required=False, max_length=20)
    publication_type = forms.CharField(
        label="Kind", help_text="Such as Report or Thesis.", required=False, max_length=80
    )
    language = forms.CharField(label="Language", required=False, max_length=40)
    url = forms.CharField(label="Web address", required=False, max_length=500)
    abstract = forms.CharField(label="Abstract", required=False, widget=forms.Textarea(attrs={"rows": 5}))
