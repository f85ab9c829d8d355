"""What can go wrong between here and a service that is searched, each fault by its name."""

from __future__ import annotations

from reviews.errors import DomainError, InvalidInput


class ServiceError(DomainError):
    """Any fault of a search in a service; ``service`` names it."""

    code = "service_error"
    sentence = "The search in {service} failed."
    status = 502


class ServiceUnavailable(ServiceError):
    """Every attempt failed for a passing reason; the same request may succeed later."""

    code = "service_unavailable"
    sentence = "{service} did not answer properly after {attempts} attempts. The last fault was: {reason}."
    status = 503


class ServiceBusy(ServiceError):
    """The service allows no more requests for longer than a worker can wait."""

    code = "service_busy"
    sentence = "{service} takes no more requests for now and asks to wait {seconds} seconds."
    status = 503


class ServiceRefused(ServiceError):
    """The service understood the request and refuses it; repeating it is useless."""

    code = "service_refused"
    sentence = "{service} refused the request: {reason}."
    status = 422


class ServiceMoved(ServiceRefused):
    """The answer is a redirect. None is followed: what answers elsewhere was not asked for."""

    code = "service_moved"
    sentence = "{service} sends requests on to {place}. Ask the person who runs this install to look at it."


class QueryTooLong(ServiceRefused):
    """The query travels in the address, and the service takes none of that length."""

    code = "service_query_too_long"
    sentence = "{service} takes no query as long as this one. Shorten it, or split it over several sources."


class KeyRefused(ServiceRefused):
    """The service wants an API key, or another one."""

    code = "service_key_refused"
    sentence = "{service} does not answer without a valid API key: {reason}."


class UnexpectedAnswer(ServiceError):
    """The answer is JSON but not what the service documents."""

    code = "service_unexpected_answer"
    sentence = "{service}'s answer could not be understood: {reason}."


class EndlessPages(ServiceError):
    """Page after page, and none of them the last."""

    code = "service_endless_pages"
    sentence = "{service} gives the same page again and again: {received} of {count} records came."


class TooManyHits(ServiceError):
    """More hits than one search takes in; nothing was fetched."""

    code = "service_too_many_hits"
    sentence = "{service} finds {count} records; one search takes at most {limit}. Make the query narrower."
    status = 422


class UnknownParameter(InvalidInput):
    """The query names a parameter that the service's search does not take from here."""

    code = "unknown_parameter"
    sentence = "{service} searches take no “{name}”. Known are: {known}."
