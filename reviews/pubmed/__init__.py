"""PubMed through NCBI's E-utilities."""

from reviews.pubmed.asking import MAX_ADDRESS
from reviews.pubmed.client import (
    BATCH_SIZE,
    MAX_TRIES,
    RATE_WITH_KEY,
    RATE_WITHOUT_KEY,
    DateType,
    EntrezClient,
)
from reviews.pubmed.errors import (
    EntrezError,
    EntrezKeyRefused,
    EntrezRefused,
    EntrezUnavailable,
    HistoryExpired,
    IncompleteSearch,
    QueryTooLong,
    UnexpectedReply,
    UnknownRecords,
)
from reviews.pubmed.guidance import MeshTerm, SearchField
from reviews.pubmed.parts import MAX_HITS, Part, join_parts
from reviews.pubmed.replies import Batch, History, SearchReply

__all__ = [
    "BATCH_SIZE",
    "MAX_ADDRESS",
    "MAX_HITS",
    "MAX_TRIES",
    "RATE_WITHOUT_KEY",
    "RATE_WITH_KEY",
    "Batch",
    "DateType",
    "EntrezClient",
    "EntrezError",
    "EntrezKeyRefused",
    "EntrezRefused",
    "EntrezUnavailable",
    "History",
    "HistoryExpired",
    "IncompleteSearch",
    "MeshTerm",
    "Part",
    "QueryTooLong",
    "SearchField",
    "SearchReply",
    "UnexpectedReply",
    "UnknownRecords",
    "join_parts",
]
