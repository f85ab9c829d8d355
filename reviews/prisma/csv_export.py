"""The flow as a file for the PRISMA2020 R package (columns and row order of version 1.1.4)."""

import csv
import io
from collections.abc import Sequence

from reviews.prisma.flow import Flow, Named

HEADER = ("data", "node", "box", "description", "boxtext", "tooltips", "url", "n")

# data, node, box, boxtext. The package finds rows by unanchored patterns on `data`: no further row may have
# a key that contains one of these. The empty node is the package's own.
_ROWS = (
    ("NA", "node4", "prevstud", "Previous studies"),
    ("previous_studies", "node5", "box1", "Studies included in previous version of review"),
    ("previous_reports", "NA", "box1", "Reports of studies included in previous version of review"),
    ("NA", "node6", "newstud", "Identification of new studies via databases and registers"),
    ("database_results", "node7", "box2", "Databases"),
    ("database_specific_results", "NA", "box2", "Specific Databases"),
    ("register_results", "NA", "box2", "Registers"),
    ("register_specific_results", "NA", "box2", "Specific Registers"),
    ("NA", "node16", "othstud", "Identification of new studies via other methods"),
    ("website_results", "node17", "box11", "Websites"),
    ("organisation_results", "", "box11", "Organisations"),
    ("citations_results", "NA", "box11", "Citation searching"),
    ("duplicates", "node8", "box3", "Duplicate records"),
    ("excluded_automatic", "NA", "box3", "Records marked as ineligible by automation tools"),
    ("excluded_other", "NA", "box3", "Records removed for other reasons"),
    ("records_screened", "node9", "box4", "Records screened"),
    ("records_excluded", "node10", "box5", "Records excluded"),
    ("dbr_sought_reports", "node11", "box6", "Reports sought for retrieval"),
    ("dbr_notretrieved_reports", "node12", "box7", "Reports not retrieved"),
    ("other_sought_reports", "node18", "box12", "Reports sought for retrieval"),
    ("other_notretrieved_reports", "node19", "box13", "Reports not retrieved"),
    ("dbr_assessed", "node13", "box8", "Reports assessed for eligibility"),
    ("dbr_excluded", "node14", "box9", "Reports excluded"),
    ("other_assessed", "node20", "box14", "Reports assessed for eligibility"),
    ("other_excluded", "node21", "box15", "Reports excluded"),
    ("new_studies", "node15", "box10", "New studies included in review"),
    ("new_reports", "NA", "box10", "Reports of new included studies"),
    ("total_studies", "node22", "box16", "Total studies included in review"),
    ("total_reports", "NA", "box16", "Reports of total included studies"),
    ("identification", "node1", "identification", "Identification"),
    ("screening", "node2", "screening", "Screening"),
    ("included", "node3", "included", "Included"),
    ("total_studies_ma", "node23", "box17", "Total studies included in meta-analysis"),
    ("total_reports_ma", "NA", "box17", "Reports of total included studies in meta-analysis"),
)
_SIDES = {"identification", "screening", "included"}
_URLS = {"dbr_excluded": "dbrexcludedrecords.html"}
_UNDER_WAY = {
    "records_screened": ("awaiting_screening", "awaiting a decision on title and abstract"),
    "dbr_sought_reports": ("awaiting_retrieval", "awaiting retrieval"),
    "dbr_assessed": ("awaiting_assessment", "awaiting a decision on full text"),
    "new_studies": ("awaiting_classification", "reports awaiting classification"),
}


def to_prisma2020_csv(flow: Flow) -> str:
    """Write the flow as the PRISMA2020 package reads it.

    Parameters
    ----------
    flow : Flow
        The numbers.

    Returns
    -------
    str
        CSV text with line feeds. ``NA`` hides a line. Work under way has no row in that format (a further
        row would be taken for another by the package); it stands in the tooltips.

    References
    ----------
    Haddaway NR et al. PRISMA2020. Campbell Syst Rev 2022;18:e1230. doi:10.1002/cl2.1230.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for key, node, box, boxtext in _ROWS:
        writer.writerow(
            (key, node, box, _description(key), boxtext, _tooltip(flow, key), _url(key), _n(flow, key))
        )
    return text.getvalue()


def _description(key: str) -> str:
    if key == "NA":
        return "Column heading"
    return "Side label" if key in _SIDES else "Count"


def _tooltip(flow: Flow, key: str) -> str:
    if key not in _UNDER_WAY:
        return "NA"
    field, words = _UNDER_WAY[key]
    n = getattr(flow, field)
    return f"{n} {words}" if n else "NA"


def _url(key: str) -> str:
    if key == "NA" or key in _SIDES:
        return "NA"
    return _URLS.get(key, f"{key}.html")


def _n(flow: Flow, key: str) -> str:
    if key == "NA" or key in _SIDES:
        return "NA"
    if key.endswith("_specific_results"):
        return _pairs(getattr(flow, key.removesuffix("_results"))) or "NA"
    if key in {"dbr_excluded", "other_excluded"}:
        return _pairs(getattr(flow, key)) or "0"
    value = getattr(flow, key)
    return "NA" if value is None else str(value)


def _pairs(named: Sequence[Named]) -> str:
    return "; ".join(f"{_name(item.name)}, {item.n}" for item in named)


def _name(name: str) -> str:
    # The package splits at commas and semicolons; a spreadsheet runs a cell that begins like a formula.
    safe = name.replace(",", "/").replace(";", "/")
    return f"'{safe}" if safe[:1] in {"=", "+", "-", "@", "\t", "\r"} else safe
