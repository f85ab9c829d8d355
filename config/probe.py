"""Asks this machine's own web process for /health/; exit code 0 where it answers 200.

A container's health check, run by path and with the standard library only: loading Django every half minute
would cost more than the page.
"""

import http.client
import os
import sys


def host_header(allowed_hosts: str) -> str:
    """A host name that the web process accepts, from the value of ALLOWED_HOSTS."""
    first = allowed_hosts.split(",", maxsplit=1)[0].strip()
    return "localhost" if first in {"", "*"} else first.removeprefix(".")


def main() -> int:
    port = int(os.environ.get("WEB_BIND", ":8000").rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(
            "GET", "/health/", headers={"Host": host_header(os.environ.get("ALLOWED_HOSTS", ""))}
        )
        response = connection.getresponse()
        print(response.status, response.read(2000).decode("utf-8", "replace"))
    except OSError as error:
        print(f"no answer: {error}")
        return 1
    finally:
        connection.close()
    return 0 if response.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
