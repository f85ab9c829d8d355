"""What stands at the end: fresh analyses, a published version, the four results beside the printed ones."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F

from analysis import bridge
from analysis.demo.cart import COMPLETE
from analysis.demo.stage import Stage, rows
from analysis.models import Run, Spec, Version
from analysis.services import runs, versions
from reviews.models import Review


def finished(stage: Stage, title: str) -> Review | None:
    """The review where it was built to its end: from then on it belongs to whoever works on it."""
    review = Review.objects.filter(title=title, created_by=stage.lead, versions__isnull=False).first()
    if review is not None:
        stage.say(f"{title}: stands already, left as it is")
    return review


def publish(stage: Stage, review: Review, *, note: str) -> None:
    """Wait until every analysis is fresh, then publish once."""
    stale = Spec.objects.filter(review=review, retired_at__isnull=True, done_rev__lt=F("wanted_rev"))
    stage.wait("analyses to be up to date", lambda: not stale.exists())
    stage.settle(review)
    if not Version.objects.filter(review=review).exists():
        versions.publish(by=stage.lead, review=review, note=note)
        stage.settle(review)


def recomputed(review: Review) -> Iterator[str]:
    """The four complete results as the last runs have them, beside what the paper prints.

    They are pooled by REML; the same data pooled by DerSimonian and Laird's estimator stand beside them.
    """
    yield "Recomputed from votes, extraction and engine (printed in the paper):"
    for name, outcome, (_, value) in COMPLETE:
        run = (
            Run.objects.select_related(
                "result__spec_version__spec__outcome", "result__spec_version__subgroup_field"
            )
            .filter(spec__review=review, spec__name=name)
            .latest("number")
        )
        printed = next(
            row for row in rows("cart_published.csv") if (row["outcome"], row["subgroup"]) == (outcome, value)
        )
        on_paper = (
            f"{printed['percent']} % [{printed['ci_low']}; {printed['ci_high']}], I2 {printed['i2_percent']}"
        )
        version = run.result.spec_version
        older = bridge.compute(runs.read_inputs(version), {**version.settings, "tau2_method": "DL"})
        yield (
            f"  {name}: {_shown(run.result.outputs)} (printed: {on_paper}); "
            f"by DerSimonian-Laird: {_shown(older.outputs)}"
        )


def _shown(outputs: dict[str, Any]) -> str:
    overall = outputs.get("overall", {})
    pooled = overall.get("pooled")
    if pooled is None:  # the reader has moved the review on
        return "no pool now"
    percent, low, high = (_whole(100 * pooled[key]) for key in ("estimate", "ci_low", "ci_high"))
    return f"{percent} % [{low}; {high}], I2 {_whole(overall['i2_q'])}"


def _whole(value: float) -> int:
    """Round half away from zero, as the house shows numbers."""
    return int(value + 0.5)
