"""What pages of this app read."""

from reviews.selectors.duplicates import Pair, merges, next_pair, open_pairs, pair_of
from reviews.selectors.protocol import (
    ProtocolPage,
    memberships,
    open_invitations,
    protocol_page,
    public_reviews,
    reviews_of,
)
from reviews.selectors.record_history import RecordPage, record_page
from reviews.selectors.records import (
    RecordFilter,
    RecordsPage,
    csv_rows,
    members_of,
    raw_text,
    records_page,
)
from reviews.selectors.searches import (
    Progress,
    SourceLine,
    progress,
    run_of,
    runs,
    source_line,
    source_lines,
)

__all__ = [
    "Pair",
    "Progress",
    "ProtocolPage",
    "RecordFilter",
    "RecordPage",
    "RecordsPage",
    "SourceLine",
    "csv_rows",
    "members_of",
    "memberships",
    "merges",
    "next_pair",
    "open_invitations",
    "open_pairs",
    "pair_of",
    "progress",
    "protocol_page",
    "public_reviews",
    "raw_text",
    "record_page",
    "records_page",
    "reviews_of",
    "run_of",
    "runs",
    "source_line",
    "source_lines",
]
