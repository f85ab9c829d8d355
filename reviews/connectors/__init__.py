"""Bibliographic services that are searched through their own APIs, all behind one interface."""

from reviews.connectors.asking import JsonClient
from reviews.connectors.base import Chaser, Connector, Listing, Page, Preview, Seed
from reviews.connectors.catalogue import SERVICES, Service, connect
from reviews.connectors.clinicaltrials import ClinicalTrials
from reviews.connectors.crossref import Crossref
from reviews.connectors.errors import (
    EndlessPages,
    KeyRefused,
    QueryTooLong,
    ServiceBusy,
    ServiceError,
    ServiceMoved,
    ServiceRefused,
    ServiceUnavailable,
    TooManyHits,
    UnexpectedAnswer,
    UnknownParameter,
)
from reviews.connectors.europepmc import EuropePmc
from reviews.connectors.openalex import OpenAlex
from reviews.connectors.walking import MAX_HITS, Step, walk

__all__ = [
    "MAX_HITS",
    "SERVICES",
    "Chaser",
    "ClinicalTrials",
    "Connector",
    "Crossref",
    "EndlessPages",
    "EuropePmc",
    "JsonClient",
    "KeyRefused",
    "Listing",
    "OpenAlex",
    "Page",
    "Preview",
    "QueryTooLong",
    "Seed",
    "Service",
    "ServiceBusy",
    "ServiceError",
    "ServiceMoved",
    "ServiceRefused",
    "ServiceUnavailable",
    "Step",
    "TooManyHits",
    "UnexpectedAnswer",
    "UnknownParameter",
    "connect",
    "walk",
]
