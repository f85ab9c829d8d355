"""The file for the PRISMA2020 package, to the letter."""

import csv
import io
import re
from pathlib import Path

from reviews.prisma import Flow, Named, to_prisma2020_csv

FLOW = Flow(
    database_results=42,
    database_specific=(Named("PubMed", 30), Named("Embase, Ovid", 12)),
    register_results=3,
    register_specific=(Named("ICTRP", 3),),
    duplicates=5,
    records_screened=38,
    awaiting_screening=2,
    records_excluded=20,
    dbr_sought_reports=18,
    dbr_notretrieved_reports=1,
    dbr_assessed=17,
    dbr_excluded=(Named("Wrong design; no arm", 4), Named("=Population", 7)),
    new_studies=5,
    new_reports=6,
    total_studies_ma=4,
)

EXPECTED = Path(__file__).with_name("prisma2020.csv").read_text(encoding="utf-8")


def test_the_file_is_exact() -> None:
    assert to_prisma2020_csv(FLOW) == EXPECTED


def test_no_count_is_lost_to_the_packages_unanchored_search() -> None:
    # The package looks rows up by pattern; only the totals are anchored there. The first hit must be the row.
    keys = [row["data"] for row in csv.DictReader(io.StringIO(to_prisma2020_csv(FLOW)))]
    for key in keys:
        if key not in {"NA", "total_studies", "total_reports", "screening", "included", "identification"}:
            assert [other for other in keys if re.search(key, other)] == [key]


def test_no_exclusions_are_a_plain_zero() -> None:
    rows = {row["data"]: row["n"] for row in csv.DictReader(io.StringIO(to_prisma2020_csv(Flow())))}
    assert rows["dbr_excluded"] == "0"
    assert rows["database_specific_results"] == "NA"
