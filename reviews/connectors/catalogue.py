"""The services that can be searched, each with its pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reviews.connectors.asking import JsonClient
from reviews.connectors.clinicaltrials import ClinicalTrials
from reviews.connectors.crossref import Crossref
from reviews.connectors.europepmc import EuropePmc
from reviews.connectors.openalex import OpenAlex
from reviews.remote import Limiter, Transport


@dataclass(frozen=True, slots=True)
class Service:
    """What is needed to ask one service.

    Parameters
    ----------
    name : str
        What people call it.
    rate : float
        Requests a second that it takes from one address.
    """

    name: str
    rate: float


# Europe PMC states 10 requests a second, OpenAlex 100; Crossref's lists take 3 from those who give an
# address; ClinicalTrials.gov takes about 50 a minute.
SERVICES = {
    "europepmc": Service(EuropePmc.name, 5.0),
    "openalex": Service(OpenAlex.name, 10.0),
    "crossref": Service(Crossref.name, 2.0),
    "clinicaltrials": Service(ClinicalTrials.name, 0.8),
}


def connect(
    key: str,
    transport: Transport,
    *,
    base_url: str,
    email: str = "",
    api_key: str = "",
    limiter: Limiter | None = None,
    **options: Any,
) -> EuropePmc | OpenAlex | Crossref | ClinicalTrials:
    """Make the client of one service.

    Parameters
    ----------
    key : {"europepmc", "openalex", "crossref", "clinicaltrials"}
        As in `SERVICES`.
    transport : Transport
        Sends the requests.
    base_url : str
        The service's own address, or that of a server that speaks like it.
    email : str
        Who asks.
    api_key : str
        For OpenAlex.
    limiter : Limiter, optional
        Shared pacing.
    **options
        For `JsonClient`: ``sleep``, ``rng``, ``max_tries``.

    Returns
    -------
    EuropePmc, OpenAlex, Crossref or ClinicalTrials
        All are connectors; the first two are chasers as well.
    """
    client = JsonClient(
        transport,
        service=SERVICES[key].name,
        base_url=base_url,
        email=email,
        limiter=limiter,
        **options,
    )
    if key == "openalex":
        return OpenAlex(client, api_key=api_key)
    makers: dict[str, Callable[[JsonClient], EuropePmc | Crossref | ClinicalTrials]] = {
        "europepmc": EuropePmc,
        "crossref": Crossref,
        "clinicaltrials": ClinicalTrials,
    }
    return makers[key](client)
