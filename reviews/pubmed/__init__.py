"""PubMed through NCBI's E-utilities."""

from reviews.pubmed.client import (
    BATCH_SIZE,
    MAX_HITS,
    RATE_WITH_KEY,
    RATE_WITHOUT_KEY,
    DateType,
    EntrezClient,
)
from reviews.pubmed.errors import (
    EntrezError,
    EntrezRefused,
    EntrezUnavailable,
    HistoryExpired,
    IncompleteSearch,
    TooManyHits,
    UnexpectedReply,
)
from reviews.pubmed.replies import Batch, SearchReply

__all__ = [
    "BATCH_SIZE",
    "MAX_HITS",
    "RATE_WITHOUT_KEY",
    "RATE_WITH_KEY",
    "Batch",
    "DateType",
    "EntrezClient",
    "EntrezError",
    "EntrezRefused",
    "EntrezUnavailable",
    "HistoryExpired",
    "IncompleteSearch",
    "SearchReply",
    "TooManyHits",
    "UnexpectedReply",
]
