"""Trial sequential analyses of the BCG trials, by year, with and without futility."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from analysis.meta import (
    TrialSequential,
    diversity,
    futility_boundaries,
    information_size,
    pool,
    spending_boundaries,
    trial_sequential,
)
from analysis.plots import BoundaryPoint, Look, SequentialData, sequential
from validation.gallery._bcg import TITLE, pictures, trials

Futility = Literal["none", "nonbinding"]
VERDICTS = {
    "benefit": "The boundary for benefit is crossed.",
    "harm": "The boundary for harm is crossed.",
    "futility": "The boundary for futility is crossed.",
    "information_reached": "The required information is reached and no boundary was crossed.",
    "inconclusive": "No boundary is crossed and the required information is not reached.",
}


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    examples: dict[str, tuple[float, Futility]] = {
        "crossed": (0.5, "none"),
        "small-effect": (0.8, "none"),
        "futility": (0.8, "nonbinding"),
    }
    for name, (effect, futility) in examples.items():
        data = _data(effect, futility)
        yield from pictures(f"sequential-{name}", sequential(data), data)
        yield from pictures(f"sequential-{name}-narrow", sequential(data, narrow=True), data)


def _data(effect: float, futility: Futility) -> SequentialData:
    held = trials()
    cases, totals = held.cases.sum(axis=0), held.totals.sum(axis=0)
    risk = float(cases[1] / totals[1])
    tau2 = pool(held.effects.yi, held.effects.vi).tau2.value
    d2 = diversity(held.effects.yi, held.effects.vi, tau2)
    size = information_size("RR", effect=effect, control_risk=risk, diversity=d2)
    found = trial_sequential(
        held.effects.yi,
        held.effects.vi,
        held.totals.sum(axis=1),
        required=size.required,
        measure="RR",
        benefit="lower",
        futility=futility,
    )
    looks = tuple(
        Look(label, look.participants, look.z) for label, look in zip(held.labels, found.looks, strict=True)
    )
    return SequentialData(
        f"{TITLE}: relative risk {effect:g}",
        looks,
        _boundaries(found),
        found.required,
        above="Favours no vaccination",
        below="Favours BCG",
        verdict=VERDICTS[found.verdict.value],
    )


def _boundaries(found: TrialSequential) -> tuple[BoundaryPoint, ...]:
    """The boundaries of the looks so far, and of further ones up to the required information."""
    so_far = [look.fraction for look in found.looks if look.fraction < 0.999]
    last = so_far[-1] if so_far else 0.0
    times = [*so_far, *np.linspace(last, 1.0, 9)[1:].tolist()]
    spend = spending_boundaries if found.futility == "none" else futility_boundaries
    return tuple(
        BoundaryPoint(look.time * found.required, look.efficacy, look.futility) for look in spend(times).looks
    )
