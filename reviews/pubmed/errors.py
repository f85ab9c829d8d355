"""What can go wrong between here and PubMed, each fault by its name."""

from __future__ import annotations

from reviews.errors import DomainError


class EntrezError(DomainError):
    """Any fault of a search in PubMed."""

    code = "entrez_error"
    sentence = "The search in PubMed failed."
    status = 502


class EntrezUnavailable(EntrezError):
    """Every attempt failed for a passing reason; the same request may succeed later."""

    code = "entrez_unavailable"
    sentence = "PubMed did not answer properly after {attempts} attempts. The last fault was: {reason}."
    status = 503


class EntrezRefused(EntrezError):
    """PubMed understood the request and refuses it; repeating it is useless."""

    code = "entrez_refused"
    sentence = "PubMed refused the request: {reason}."
    status = 422


class HistoryExpired(EntrezError):
    """The history server no longer holds the result; the caller can answer by searching again."""

    code = "entrez_history_expired"
    sentence = "PubMed no longer holds this search's result. Search again and go on where it stopped."


class TooManyHits(EntrezError):
    """More hits than PubMed delivers for one query; nothing was fetched."""

    code = "entrez_too_many_hits"
    sentence = "The query finds {count} records; PubMed delivers at most {limit} for one query."
    status = 422


class IncompleteSearch(EntrezError):
    """The identifiers that came are not as many as the count that came with them."""

    code = "entrez_incomplete_search"
    sentence = "PubMed counted {count} records but listed {listed}."


class UnexpectedReply(EntrezError):
    """The reply is well-formed but not what E-utilities promise."""

    code = "entrez_unexpected_reply"
    sentence = "PubMed's answer could not be understood: {reason}."
