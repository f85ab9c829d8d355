"""Print coverage and bias as Markdown, or put them into a document between its two marks.

Run as: python -m validation.simulation [--quick] [--seed N] [--write docs/simulation.md]
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from analysis.meta import ENGINE_VERSION
from validation.simulation import few, rare, tables

SEED = 20261122
BEGIN, END = "<!-- numbers: python -m validation.simulation --write -->", "<!-- end of numbers -->"


@dataclass(frozen=True, slots=True)
class Size:
    """How many meta-analyses a cell has: of few studies, of rare events, and of those by a mixed model."""

    few: int
    rare: int
    models: int


FULL = Size(few=100_000, rare=4000, models=1000)
QUICK = Size(few=4000, rare=200, models=10)


def report(size: Size, *, seed: int) -> str:
    """All tables, each with its Monte Carlo error."""
    cells = few.simulate(replicates=size.few, seed=seed)
    scenarios = rare.simulate(replicates=size.rare, model_replicates=size.models, seed=seed + 1)
    shares = [each for cell in cells for each in cell.coverage.values()]
    biases = [cell.bias for cell in cells]
    simple = [name for name in scenarios[0].bias if name in rare.METHODS]
    models = [name for name in scenarios[0].bias if name in rare.MODELS]
    return "\n\n".join(
        [
            f"Engine {ENGINE_VERSION}, seed {seed}.",
            "### Few studies",
            f"{size.few:,} meta-analyses a cell. Monte Carlo standard error at most "
            f"{tables.largest_error(shares):.2f} percentage points for coverage and "
            f"{tables.largest_error(biases):.4f} for the bias.",
            tables.few_studies(cells),
            "### Rare events",
            f"{size.rare:,} meta-analyses a scenario, {size.models:,} of them by mixed models. Monte Carlo "
            "standard error at most "
            f"{_errors(scenarios, simple)}; for mixed models {_errors(scenarios, models)}.",
            tables.rare_events(scenarios),
        ]
    )


def _errors(scenarios: list[rare.RareEvents], methods: list[str]) -> str:
    bias = tables.largest_error([each.bias[name] for each in scenarios for name in methods])
    held = tables.largest_error([each.coverage[name] for each in scenarios for name in methods])
    return f"{bias:.3f} for the bias and {held:.1f} percentage points for coverage"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="validation.simulation", description="Coverage and bias.")
    parser.add_argument("--quick", action="store_true", help="a minute's worth, for a look")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--write", type=Path, help="a document with the two marks")
    given = parser.parse_args(arguments)
    start = time.process_time()
    text = report(QUICK if given.quick else FULL, seed=given.seed)
    if given.write is None:
        sys.stdout.write(f"{text}\n")
    else:
        whole = given.write.read_text(encoding="utf-8")
        before, rest = whole.split(BEGIN)
        after = rest.split(END)[1]
        given.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    sys.stderr.write(f"{time.process_time() - start:.0f} CPU seconds\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
