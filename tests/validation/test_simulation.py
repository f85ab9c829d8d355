"""The simulations compute with the engine's own rules, draw what they say, and state their error."""

from pathlib import Path

import numpy as np
import pytest

from analysis.meta import pool, pool_many, prediction_interval
from validation.simulation import __main__ as program
from validation.simulation import few, rare, tables
from validation.simulation.measures import coverage, mean_of


def test_a_mean_comes_with_its_monte_carlo_error_and_what_failed() -> None:
    found = mean_of(np.array([1.0, 2.0, 3.0, np.nan]))
    assert (found.mean, found.failed) == (2.0, 0.25)
    assert found.error == pytest.approx(1 / np.sqrt(3))
    assert np.isnan(mean_of(np.full(3, np.nan)).mean)


def test_an_interval_without_limits_counts_neither_as_hit_nor_as_miss() -> None:
    low, high = np.array([0.0, 2.0, np.nan]), np.array([1.0, 3.0, np.nan])
    found = coverage(low, high, 1.0)
    assert found.mean == 50.0
    assert found.failed == pytest.approx(1 / 3)


@pytest.mark.parametrize("method", few.PREDICTIONS)
@pytest.mark.parametrize("k", [3, 7])
def test_many_prediction_intervals_are_the_engines_own(method: str, k: int) -> None:
    rng = np.random.default_rng(5)
    vi = few.variances(rng, (20, k))
    yi = rng.normal(0.3, np.sqrt(vi + 0.2))
    low, high = few.prediction_limits(pool_many(yi, vi), method, k=k)
    for row in range(20):
        one = pool(yi[row], vi[row])
        limits = prediction_interval(
            one.estimate,
            se=one.se_wald,
            se_hk=one.se_hk,
            tau2=one.tau2.value,
            k=k,
            method=method,  # type: ignore[arg-type]  # one of its own names
        )
        assert (low[row], high[row]) == pytest.approx((limits.low, limits.high), rel=1e-8)


def test_equal_effects_are_covered_as_the_level_says() -> None:
    """With tau2 = 0 Hartung-Knapp is exact for equal variances and close to it here."""
    cells = {(cell.tau2, cell.k): cell for cell in few.simulate(replicates=3000, seed=3)}
    calm = cells[0.0, 10]
    assert calm.coverage["hk"].mean == pytest.approx(95, abs=4 * calm.coverage["hk"].error + 0.5)
    assert calm.coverage["hk_adhoc"].mean >= calm.coverage["wald"].mean
    wild = cells[0.2, 3]
    assert wild.coverage["wald"].mean < 90 < wild.coverage["hk_adhoc"].mean
    assert abs(wild.bias.mean) < 4 * wild.bias.error
    assert cells[0.2, 2].prediction == {}


def test_counts_are_drawn_as_the_scenario_says() -> None:
    scenario = rare.Scenario(risk=0.05, odds_ratio=0.5, controls_per_treated=4, tau2=0.0)
    drawn = rare.drawn(np.random.default_rng(1), scenario, 400)
    assert np.all(drawn.n2i == 4 * drawn.n1i)
    assert np.all(drawn.ai <= drawn.n1i)
    odds = [
        (x / n) / (1 - x / n)
        for x, n in ((drawn.ai.sum(), drawn.n1i.sum()), (drawn.ci.sum(), drawn.n2i.sum()))
    ]
    assert odds[0] / odds[1] == pytest.approx(0.5, rel=0.05)


def test_each_method_finds_an_odds_ratio_that_is_plain() -> None:
    scenario = rare.Scenario(risk=0.05, odds_ratio=1.0, controls_per_treated=1, tau2=0.0)
    drawn = rare.drawn(np.random.default_rng(2), scenario, 300)
    for name, method in rare.METHODS.items():
        estimate, se = method(drawn)
        assert abs(float(np.mean(estimate))) < 4 * float(np.std(estimate)) / np.sqrt(300), name
        assert np.all(se > 0), name


def test_a_report_states_its_seed_its_size_and_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "QUICK", program.Size(few=50, rare=5, models=2))
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n{program.BEGIN}\nold numbers\n{program.END}\nAfter.\n", encoding="utf-8")
    assert program.main(["--quick", "--seed", "7", "--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.\n")
    assert text.endswith("\nAfter.\n")
    assert "old numbers" not in text
    assert "seed 7" in text
    assert "50 meta-analyses a cell" in text
    assert sum(line.startswith("| ---") for line in text.splitlines()) == 5
    assert "CPU seconds" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second = (tables.few_studies(few.simulate(replicates=30, seed=4)) for _ in range(2))
    assert first == second
