"""Simulated numbers as Markdown tables."""

from collections.abc import Sequence

from validation.simulation.few import PREDICTIONS, FewStudies
from validation.simulation.measures import Measured
from validation.simulation.rare import RareEvents, Scenario

_INTERVALS = {"wald": "Wald", "hk": "Hartung-Knapp", "hk_adhoc": "ad hoc", "auto": "auto"}


def few_studies(cells: Sequence[FewStudies]) -> str:
    """Coverage of the mean, coverage of predictions, and what is estimated."""
    return "\n\n".join(
        [
            "Coverage of the mean by 95 % intervals, in percent, and their median widths:",
            _means(cells),
            "Share of new true effects inside the 95 % prediction interval, in percent:",
            _predictions(cells),
            "What is estimated:",
            _estimates(cells),
        ]
    )


def _means(cells: Sequence[FewStudies]) -> str:
    header = ["τ²", "k", *_INTERVALS.values(), "width HK / Wald", "width ad hoc / Wald"]
    rows = [
        [
            f"{cell.tau2:g}",
            str(cell.k),
            *(_percent(cell.coverage[name]) for name in _INTERVALS),
            f"{cell.width['hk']:.2f}",
            f"{cell.width['hk_adhoc']:.2f}",
        ]
        for cell in cells
    ]
    return _table(header, rows)


def _predictions(cells: Sequence[FewStudies]) -> str:
    rows = [
        [f"{cell.tau2:g}", str(cell.k), *(_percent(cell.prediction[name]) for name in PREDICTIONS)]
        for cell in cells
        if cell.prediction
    ]
    return _table(["τ²", "k", *PREDICTIONS], rows)


def _estimates(cells: Sequence[FewStudies]) -> str:
    rows = [
        [
            f"{cell.tau2:g}",
            str(cell.k),
            _number(cell.bias),
            _number(cell.tau2_mean),
            _percent(cell.tau2_zero),
        ]
        for cell in cells
    ]
    return _table(["τ²", "k", "bias of the mean", "mean of τ² estimated", "τ² estimated as 0"], rows)


def rare_events(cells: Sequence[RareEvents]) -> str:
    """Bias, then coverage, by method."""
    methods = list(cells[0].bias)
    header = ["control risk", "OR", "arms", "τ²", "arms without events", *methods]
    heads = [[*_scenario(cell.scenario), f"{cell.no_event_arms:.0f} %"] for cell in cells]
    bias = [[*head, *map(_number, cell.bias.values())] for head, cell in zip(heads, cells, strict=True)]
    held = [[*head, *map(_share, cell.coverage.values())] for head, cell in zip(heads, cells, strict=True)]
    return "\n\n".join(
        [
            "Bias of the log odds ratio:",
            _table(header, bias),
            "Coverage of the odds ratio by 95 % intervals, in percent:",
            _table(header, held),
        ]
    )


def _scenario(scenario: Scenario) -> list[str]:
    risk = f"{100 * scenario.risk:g} %"
    return [risk, f"{scenario.odds_ratio:g}", f"1:{scenario.controls_per_treated}", f"{scenario.tau2:g}"]


def _percent(value: Measured) -> str:
    return f"{value.mean:.1f}"


def _share(value: Measured) -> str:
    """With what failed where that can be seen."""
    failed = f", {100 * value.failed:.1f} % without" if value.failed > 0.0005 else ""
    return f"{value.mean:.1f}{failed}"


def _number(value: Measured) -> str:
    return f"{value.mean:+.3f}"


def largest_error(values: Sequence[Measured]) -> float:
    """The largest Monte Carlo standard error, to be stated once under a table."""
    return max(value.error for value in values)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
