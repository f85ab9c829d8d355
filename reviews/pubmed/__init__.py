"""PubMed through NCBI's E-utilities."""

from reviews.pubmed.client import BATCH_SIZE, MAX_HITS, DateType, EntrezClient
from reviews.pubmed.errors import (
    EntrezError,
    EntrezRefused,
    EntrezUnavailable,
    HistoryExpired,
    IncompleteSearch,
    TooManyHits,
    UnexpectedReply,
)
from reviews.pubmed.pacing import Limiter, RateLimiter
from reviews.pubmed.replies import Batch, SearchReply
from reviews.pubmed.transport import HttpxTransport, Response, Transport, TransportFailure

__all__ = [
    "BATCH_SIZE",
    "MAX_HITS",
    "Batch",
    "DateType",
    "EntrezClient",
    "EntrezError",
    "EntrezRefused",
    "EntrezUnavailable",
    "HistoryExpired",
    "HttpxTransport",
    "IncompleteSearch",
    "Limiter",
    "RateLimiter",
    "Response",
    "SearchReply",
    "TooManyHits",
    "Transport",
    "TransportFailure",
    "UnexpectedReply",
]
