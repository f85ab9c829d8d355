"""Bibliographic services that are searched through their own APIs, all behind one interface."""

from reviews.connectors.asking import JsonClient
from reviews.connectors.base import Chaser, Connector, Listing, Page, Preview, Seed
from reviews.connectors.errors import (
    EndlessPages,
    KeyRefused,
    ServiceBusy,
    ServiceError,
    ServiceMoved,
    ServiceRefused,
    ServiceUnavailable,
    TooManyHits,
    UnexpectedAnswer,
    UnknownParameter,
)
from reviews.connectors.walking import MAX_HITS, Step, walk

__all__ = [
    "MAX_HITS",
    "Chaser",
    "Connector",
    "EndlessPages",
    "JsonClient",
    "KeyRefused",
    "Listing",
    "Page",
    "Preview",
    "Seed",
    "ServiceBusy",
    "ServiceError",
    "ServiceMoved",
    "ServiceRefused",
    "ServiceUnavailable",
    "Step",
    "TooManyHits",
    "UnexpectedAnswer",
    "UnknownParameter",
    "walk",
]
