"""The id of the HTTP request being answered: for log lines and the audit, without an argument in services."""

from contextvars import ContextVar

# Empty outside a request: in workers, commands and tests.
current: ContextVar[str] = ContextVar("request_id", default="")
