"""How services of others are asked: over HTTP, within bounds, politely. Knows no service in particular."""

from reviews.remote.pacing import Limiter, RateLimiter, backoff, retry_after
from reviews.remote.transport import Form, HttpxTransport, Response, Transport, TransportFailure

__all__ = [
    "Form",
    "HttpxTransport",
    "Limiter",
    "RateLimiter",
    "Response",
    "Transport",
    "TransportFailure",
    "backoff",
    "retry_after",
]
