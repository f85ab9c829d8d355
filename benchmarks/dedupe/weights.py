"""Fit the weights of `reviews.dedupe.score` again, and tell how well they hold on sets that they did not see.

Run as: python -m benchmarks.dedupe.weights DATA. The weights that it prints are copied by hand, rounded, and
put in order where a better agreement came out lighter than a worse one.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.dedupe import labelled, made
from reviews.dedupe import block, entry, judge
from reviews.dedupe.compare import are_worth_comparing, compare
from reviews.dedupe.score import features

Vector = NDArray[np.float64]
RIDGE = 1.0
PAIRS_A_SET = 1500  # what each set counts for, whatever its size
MADE_RECORDS, MADE_SEED = 20_000, 11
_EDGES = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 1.0001)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that are worth comparing: how they agree, whether they are one, whether a rule says so."""

    features: tuple[str, ...]
    same: bool
    by_rule: bool


def pairs(records: Sequence[made.Reference]) -> list[Pair]:
    """All pairs that a key brings together and that are worth comparing."""
    entries = [entry(number, record) for number, record in enumerate(records)]
    found = []
    for a, b in block(entries):
        if not are_worth_comparing(a, b):
            continue
        verdict = judge(a, b)
        found.append(
            Pair(
                features=tuple(features(a, b, compare(a, b))),
                same=records[a.key].work == records[b.key].work,
                by_rule=verdict is not None and verdict.kind == "same",
            )
        )
    return found


def fit(sets: Iterable[Sequence[Pair]], names: Sequence[str]) -> Vector:
    """Logistic regression with a ridge; the first coefficient is the base."""
    blocks, answers, weights = [], [], []
    for each in sets:
        # Labels call a correction and its article one; here they are two reports.
        kept = [pair for pair in each if not (pair.same and "marks:text" in pair.features)]
        blocks.append(_matrix(kept, names))
        answers.append(np.array([float(pair.same) for pair in kept]))
        weights.append(np.full(len(kept), PAIRS_A_SET / len(kept)))
    x, y, w = np.vstack(blocks), np.concatenate(answers), np.concatenate(weights)

    def loss(beta: Vector) -> tuple[float, Vector]:
        z = x @ beta
        shrunk = np.concatenate([[0.0], beta[1:]])
        value = float((w * (np.logaddexp(0, z) - y * z)).sum() + RIDGE / 2 * (shrunk @ shrunk))
        return value, x.T @ (w * (1 / (1 + np.exp(-z)) - y)) + RIDGE * shrunk

    found: Vector = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    return found


def _matrix(found: Sequence[Pair], names: Sequence[str]) -> Vector:
    column = {name: number for number, name in enumerate(names, start=1)}
    x = np.zeros((len(found), len(names) + 1))
    x[:, 0] = 1.0
    for row, pair in enumerate(found):
        x[row, [column[name] for name in pair.features if name in column]] = 1.0
    return x


def calibration(beta: Vector, found: Sequence[Pair], names: Sequence[str]) -> list[tuple[float, int, int]]:
    """For each range of scores: its lower edge, the pairs that no rule merges, those of one record."""
    asked = [pair for pair in found if not pair.by_rule]
    chance = 1 / (1 + np.exp(-(_matrix(asked, names) @ beta)))
    same = np.array([pair.same for pair in asked], dtype=bool)
    rows = []
    for low, high in pairwise(_EDGES):
        here = (chance >= low) & (chance < high)
        rows.append((low, int(here.sum()), int(same[here].sum())))
    return rows


def main(data: Path) -> int:
    sets: dict[str, list[Pair]] = {
        folder.name: pairs(labelled.load(folder).records) for folder in labelled.folders(data)
    }
    sets["made up"] = pairs(made.corpus(MADE_RECORDS, seed=MADE_SEED, neighbours=0.5))
    names = sorted({name for found in sets.values() for pair in found for name in pair.features})
    for held_out, unseen in sets.items():
        others = [found for name, found in sets.items() if name != held_out]
        _tell(f"fitted without {held_out}", calibration(fit(others, names), unseen, names))
    beta = fit(sets.values(), names)
    sys.stdout.write(f"\nBASE = {beta[0]:.1f}\n")
    _tell_weights(dict(zip(names, beta[1:], strict=True)))
    return 0


def _tell(title: str, rows: Iterable[tuple[float, int, int]]) -> None:
    sys.stdout.write(f"\n{title}: pairs that no rule merges\n  from score   pairs    same\n")
    for low, count, same in rows:
        sys.stdout.write(f"  {low:>10.2f}{count:>8}{same:>8}\n")


def _tell_weights(weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        sys.stdout.write(f'    "{name}": {weight:.1f},\n')


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
