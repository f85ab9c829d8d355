"""The databases that people search elsewhere, and how to bring their records here.

Plain data: the key is kept with a source (`Source.vendor`), the words are shown beside the upload. What a
database allows changes; where a number stands, it is the one that its own help names.
"""

from collections.abc import Iterator
from dataclasses import dataclass

DATABASE, REGISTER, WEBSITE, ORGANISATION = "database", "register", "website", "organisation"
_OVID = (
    "Tick the boxes of the results, or type a range such as 1-1000 above the list.",
    "Choose “Export”, then as format “RIS”.",
    "As fields choose “Complete Reference”, so that abstracts come with it.",
    "Leave “Link to External Resolver” and “Include URL” without a tick, and export.",
)
_EBSCO = (
    "Above the results choose “Share”, then “E-mail a link to download exported results”.",
    "Choose “RIS Format” and send it to yourself.",
    "Unpack nothing: the file that the e-mail links to can be uploaded as it is.",
)
_PROQUEST = (
    "Show 100 results a page and tick “Select 1–100”; go on with the next page.",
    "Choose “Save”, then “RIS”.",
    "As content choose “Citation, abstract”, and continue.",
)


@dataclass(frozen=True, slots=True)
class Vendor:
    """One database on one platform; `steps` lead from its list of results to a file."""

    key: str
    name: str
    platform: str
    group: str
    format: str
    steps: tuple[str, ...]
    limit: str = ""
    note: str = ""
    kind: str = DATABASE

    @property
    def label(self) -> str:
        """Name and platform, where the platform says something more."""
        return f"{self.name} ({self.platform})" if self.platform and self.platform != self.name else self.name


_BIOMEDICAL, _GENERAL, _TRIALS, _OTHER = (
    "Health and psychology",
    "All subjects",
    "Trial registers",
    "Everything else",
)
_ALL = (
    Vendor(
        "embase_com", "Embase", "Embase.com", _BIOMEDICAL, "RIS",
        (
            "Open the “Results” and tick “Select number of items”, or all.",
            "Choose “Export”, then as format “RIS format (Mendeley, EndNote)”.",
            "Keep abstracts ticked, export, and choose “Download” when the file is ready.",
        ),
        limit="Up to 10,000 records at a time: export further ones as a second file.",
    ),
    Vendor(
        "embase_ovid", "Embase", "Ovid", _BIOMEDICAL, "RIS", _OVID,
        limit="Ovid exports a limited number at a time, often 1,000: export range after range.",
    ),
    Vendor(
        "medline_ovid", "MEDLINE", "Ovid", _BIOMEDICAL, "RIS", _OVID,
        limit="Ovid exports a limited number at a time, often 1,000: export range after range.",
    ),
    Vendor(
        "pubmed_file", "PubMed", "NCBI", _BIOMEDICAL, "NBIB",
        (
            "Above the results choose “Save”.",
            "As selection choose “All results”, as format “PubMed”.",
            "Choose “Create file”. It holds abstracts and MeSH terms.",
        ),
        limit="Up to 10,000 records. A source that is searched from here has no such limit.",
        note="PubMed can be searched from here without a file, on a schedule.",
    ),
    Vendor(
        "cochrane", "Cochrane Library", "Wiley", _BIOMEDICAL, "RIS",
        (
            "Open the tab “Trials” (or “Cochrane Reviews”): each tab is exported on its own.",
            "Tick “Select all”, then choose “Export selected citation(s)”.",
            "Choose “RIS (EndNote)”, tick “Include abstract”, and download.",
        ),
        limit="Narrow the search where it finds more than the page lets you select.",
        note="Reviews and trials are two files: import both into this source.",
    ),
    Vendor(
        "cinahl", "CINAHL", "EBSCOhost", _BIOMEDICAL, "RIS", _EBSCO,
        limit="Up to 25,000 records in one e-mail.",
    ),
    Vendor(
        "psycinfo_ovid", "APA PsycInfo", "Ovid", _BIOMEDICAL, "RIS", _OVID,
        limit="Ovid exports a limited number at a time, often 1,000: export range after range.",
    ),
    Vendor(
        "psycinfo_ebsco", "APA PsycInfo", "EBSCOhost", _BIOMEDICAL, "RIS", _EBSCO,
        limit="Up to 25,000 records in one e-mail.",
    ),
    Vendor(
        "lilacs", "LILACS", "VHL", _BIOMEDICAL, "RIS",
        (
            "In the list of results choose “Export”.",
            "Choose “RIS” and “All references”, and export.",
        ),
    ),
    Vendor(
        "scopus", "Scopus", "Scopus", _GENERAL, "RIS",
        (
            "Tick “All” above the results and choose “Export”, then “RIS”.",
            "Tick “Abstract” and “Author keywords”, beside what is ticked already.",
            "Choose “Export”.",
        ),
        limit="Where one export holds less than the search finds, narrow it by year, part by part.",
        note="CSV with the same boxes ticked works as well.",
    ),
    Vendor(
        "wos", "Web of Science", "Clarivate", _GENERAL, "Plain text",
        (
            "Above the results choose “Export”, then “Plain text file” (or “RIS”).",
            "Choose “Records from” and type a range, such as 1 to 1000.",
            "As record content choose “Full Record”, and export.",
        ),
        limit="Up to 1,000 records at a time with the full record: export range after range.",
        note="Several files may be put into one zip and imported at once.",
    ),
    Vendor(
        "sciencedirect", "ScienceDirect", "Elsevier", _GENERAL, "RIS",
        (
            "Sign in, show 100 results a page, and tick the box above the list.",
            "Choose “Export”, then “Export citation to RIS”.",
            "Go on with the next page; put the files into one zip if you like.",
        ),
        limit="Up to 100 records at a time.",
    ),
    Vendor(
        "ieee", "IEEE Xplore", "IEEE Xplore", _GENERAL, "CSV",
        (
            "Choose “Export” above the results and stay on the tab “Search results”.",
            "Choose “Download”. The table holds abstracts.",
        ),
        limit="Up to 2,000 results: narrow the search by year for more.",
    ),
    Vendor(
        "proquest", "ProQuest", "ProQuest", _GENERAL, "RIS", _PROQUEST,
        limit="Up to 100 records at a time, unless your library allows more.",
    ),
    Vendor(
        "lens", "The Lens", "Lens.org", _GENERAL, "RIS",
        (
            "Choose “Export” above the results.",
            "Choose “RIS”, and type how many records you want.",
            "Choose “Export”, and download when it is ready.",
        ),
        limit="Up to 50,000 records for those who are signed in.",
    ),
    Vendor(
        "dimensions", "Dimensions", "Digital Science", _GENERAL, "XLSX",
        (
            "Choose “Save/Export”, then “Export results”.",
            "Choose “Excel” or “CSV”, which hold the abstracts.",
            "Download the file from the export centre.",
        ),
        limit="Up to 500 records, or 2,500 for subscribers.",
    ),
    Vendor(
        "google_scholar", "Google Scholar", "Publish or Perish", _GENERAL, "RIS",
        (
            "Google Scholar exports no list. The program Publish or Perish searches it and does.",
            "Search there, then choose “Save results” and “RIS”.",
            "Note the exact words and the day: the same search may find other things tomorrow.",
        ),
        limit="Google shows the first 1,000 results only.",
        note="There are no abstracts in it, only the lines that Google shows. Single results come as BibTeX, "
        "EndNote (.enw) or RefMan (.ris) from “Cite” below each.",
        kind=WEBSITE,
    ),
    Vendor(
        "clinicaltrials_file", "ClinicalTrials.gov", "NLM", _TRIALS, "RIS",
        (
            "Choose “Download” above the results.",
            "Choose “RIS”, or “CSV” with all columns ticked, and as number “All studies”.",
            "Choose “Download”.",
        ),
        note="ClinicalTrials.gov can be searched from here without a file.",
        kind=REGISTER,
    ),
    Vendor(
        "ictrp", "ICTRP", "WHO", _TRIALS, "CSV",
        (
            "Choose “Export results” and “Export all trials”, or only those that are ticked.",
            "Choose “CSV”, not XML, and download.",
        ),
        kind=REGISTER,
    ),
    Vendor(
        "reference_manager", "Reference manager", "", _OTHER, "RIS",
        (
            "Zotero: right-click the collection, “Export Collection”, as format “RIS”, without files.",
            "EndNote: “File”, “Export”, as type “XML” or as style “RefMan (RIS) Export”.",
            "Mendeley, Papers, JabRef: export as RIS or BibTeX.",
        ),
        note="Say below which databases the library was filled from. Where it was filled from references or "
        "by hand, choose another kind: the PRISMA flow counts those under other methods.",
    ),
    Vendor(
        "other", "Another source", "", _OTHER, "RIS",
        (
            "Export with abstracts, as RIS where that is offered.",
            "EndNote XML, ENW, BibTeX, NBIB, PubMed XML, Web of Science text, CSV and Excel work as well.",
        ),
    ),
)  # fmt: skip
VENDORS: dict[str, Vendor] = {vendor.key: vendor for vendor in _ALL}


def groups() -> Iterator[tuple[str, list[Vendor]]]:
    """The catalogue, under its headings."""
    for name in (_BIOMEDICAL, _GENERAL, _TRIALS, _OTHER):
        yield name, [vendor for vendor in _ALL if vendor.group == name]


def vendor_of(key: str, name: str) -> Vendor:
    """The vendor of a source: by its key, else by its name, else the one for everything."""
    if key in VENDORS:
        return VENDORS[key]
    plain = name.casefold()
    return next(
        (vendor for vendor in _ALL if vendor.group != _OTHER and vendor.name.casefold() in plain),
        VENDORS["other"],
    )
