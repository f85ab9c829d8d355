"""The local servers of the JSON services, by hand.

``python -m tests.fakes.serve europepmc --port 8131 --records 2000 --faults 0.1`` prints the setting to use.
"""

from __future__ import annotations

import argparse
import random
import threading
from collections.abc import Callable, Sequence

from tests.fakes.clinicaltrials import FakeClinicalTrials, trials
from tests.fakes.crossref import FakeCrossref
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.json_server import STORM, FakeService
from tests.fakes.openalex import FakeOpenAlex
from tests.fakes.works import works

_SERVICES: dict[str, Callable[[int, int], FakeService]] = {
    "europepmc": lambda port, number: FakeEuropePmc(port=port, works=works(number)),
    "openalex": lambda port, number: FakeOpenAlex(port=port, works=works(number)),
    "crossref": lambda port, number: FakeCrossref(port=port, works=works(number)),
    "clinicaltrials": lambda port, number: FakeClinicalTrials(port=port, trials=trials(number)),
}


def with_faults(fake: FakeService, share: float, *, seed: int, requests: int = 100_000) -> FakeService:
    """Let that share of the requests to come fail, in an order that follows from the seed."""
    rng = random.Random(seed)
    fake.fail(*(rng.choice(STORM) if rng.random() < share else None for _ in range(requests)))
    return fake


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=sorted(_SERVICES))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--faults", type=float, default=0.0, help="share of the requests that fail")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    fake = _SERVICES[options.service](options.port, options.records)
    with with_faults(fake, options.faults, seed=options.seed):
        print(f"{options.service.upper()}_BASE_URL={fake.base_url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
