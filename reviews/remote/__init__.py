"""How services of others are asked: over HTTP, within bounds, politely. Knows no service in particular."""

from reviews.remote.pacing import Limiter, RateLimiter, backoff
from reviews.remote.transport import HttpxTransport, Response, Transport, TransportFailure

__all__ = [
    "HttpxTransport",
    "Limiter",
    "RateLimiter",
    "Response",
    "Transport",
    "TransportFailure",
    "backoff",
]
