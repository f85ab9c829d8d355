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


class UnknownRecords(EntrezRefused):
    """None of the identifiers asked for is one of PubMed's."""

    code = "entrez_unknown_records"
    sentence = "PubMed has none of these records."


class EntrezKeyRefused(EntrezError):
    """The API key is wrong, expired or withdrawn; its owner must enter another or remove it."""

    code = "entrez_key_refused"
    sentence = "PubMed refused the NCBI API key. Enter the key again, or remove it."
    status = 422


class QueryTooLong(EntrezError):
    """The server takes no POST requests, and the query does not fit into an address."""

    code = "entrez_query_too_long"
    sentence = "The query is too long for this server: {length} characters, at most {limit}. Shorten it."
    status = 422


class HistoryExpired(EntrezError):
    """The history server no longer holds the result; the caller can answer by searching again."""

    code = "entrez_history_expired"
    sentence = "PubMed no longer holds this search's result. Search again and go on where it stopped."


class IncompleteSearch(EntrezError):
    """The identifiers that came are not as many as counted, and asking again did not help."""

    code = "entrez_incomplete_search"
    sentence = "PubMed counted {count} records but listed {listed}. Search again."


class UnexpectedReply(EntrezError):
    """The reply is well-formed but not what E-utilities promise."""

    code = "entrez_unexpected_reply"
    sentence = "PubMed's answer could not be understood: {reason}."
