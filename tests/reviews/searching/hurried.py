"""A process that asks PubMed as fast as it may, from two threads. Run by test_pacing, with its environment.

Prints the slots of the shared pace that it took, one a line.
"""

import sys
import threading
from typing import Any

import django
from django.core.cache import BaseCache, caches


def main(requests: int) -> None:
    django.setup()
    from reviews.remote import HttpxTransport  # noqa: PLC0415 - the settings come first
    from reviews.services import clients  # noqa: PLC0415 - models need the setup above

    backend = type(caches["default"])
    whole = backend.add

    def telling(self: BaseCache, key: str, *rest: Any, **more: Any) -> bool:
        taken: bool = whole(self, key, *rest, **more)
        if taken:
            sys.stdout.write(f"{key}\n")
        return taken

    backend.add = telling  # type: ignore[method-assign]  # this process lives for one test

    def ask() -> None:
        with HttpxTransport() as transport:
            client = clients.entrez_client(transport)
            for _ in range(requests):
                client.fetch_ids(["30000001"])

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]))
