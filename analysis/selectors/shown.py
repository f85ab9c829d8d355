"""One run with all that its page says of it: estimate, studies, sensitivity, figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import comparison, wording, wording_figures
from analysis.models import MaySharePopulation, Overlap, Run
from analysis.selectors import figures
from analysis.selectors.figures import held


@dataclass(frozen=True, slots=True)
class Study:
    """One study that contributes, as the table under the figure has it."""

    id: int
    label: str
    data: str
    subgroup: str | None
    estimate: str
    weight: float | None
    left_out: str


@dataclass(frozen=True, slots=True)
class Other:
    """One included study that does not contribute."""

    id: int
    label: str
    status: str
    status_words: str
    reason: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The pool without one study."""

    label: str
    estimate: str
    i2: float
    tau2: float | None


@dataclass(frozen=True, slots=True)
class Influence:
    """What one study does to the pool."""

    label: str
    rstudent: float | None
    cook_d: float | None
    dfbs: float | None
    weight: float
    is_influential: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One run with all that the page says of it."""

    run: Run
    is_current: bool
    result: comparison.Outcome
    is_drawn: bool
    plots: Mapping[str, tuple[figures.Plot, ...]]
    studies: tuple[Study, ...]
    others: tuple[Other, ...]
    leave_one_out: tuple[Without, ...]
    influences: tuple[Influence, ...]
    overlaps: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return wording.sentence(self.result)

    @property
    def alt(self) -> str:
        return wording.alt_text(self.result)

    @property
    def contributors(self) -> str:
        return wording.contributors(self.result)

    @property
    def remarks(self) -> list[str]:
        return wording.remarks(self.result)

    @property
    def estimate(self) -> str:
        found = comparison.shown_estimate(self.result)
        return wording.with_interval(found, self.result.settings) if found else ""

    @property
    def heterogeneity(self) -> str:
        pooled = self.result.status == "pooled"
        return wording.heterogeneity(self.result.outputs["overall"]) if pooled else ""

    @property
    def plots_drawn(self) -> list[str]:
        return [plot.name for plots in self.plots.values() for plot in plots if plot.is_drawn]

    @property
    def trim_fill(self) -> str:
        return wording_figures.trim_fill(self.result)

    @property
    def no_influence(self) -> str:
        return wording_figures.influence(self.result)

    @property
    def influential(self) -> list[str]:
        return [row.label for row in self.influences if row.is_influential]

    @property
    def small_study(self) -> list[str]:
        return wording.bias(self.result) if self.result.status == "pooled" else []

    @property
    def refusal(self) -> str:
        return str(self.result.outputs["refused"]["sentence"]) if self.result.status == "refused" else ""

    @property
    def others_by_reason(self) -> list[tuple[str, list[str]]]:
        """Many studies share a reason: each is said once, with the studies it holds for."""
        groups: dict[str, list[str]] = {}
        for other in self.others:
            why = f"{other.status_words}: {other.reason}" if other.reason else other.status_words
            groups.setdefault(why, []).append(other.label)
        return list(groups.items())

    @property
    def questions(self) -> tuple[Other, ...]:
        return tuple(other for other in self.others if other.status == "question")


def shown_run(run: Run, *, is_current: bool) -> Shown:
    """A run, selected with its result and spec, with all that the page says of it."""
    result = held(run.result)
    there = figures.drawn(run.result.spec_version.spec.review_id, figures.data_hash(run.result))
    labels = {str(study["id"]): study["label"] for study in result.inputs["studies"]}
    return Shown(
        run=run,
        is_current=is_current,
        result=result,
        is_drawn=figures.is_drawn("forest", there),
        plots={part: figures.part_of(part, result, there) for part in figures.PARTS},
        studies=_studies(result),
        others=_others(result),
        leave_one_out=_without(result, labels),
        influences=_influences(result, labels),
        overlaps=_overlaps([study["id"] for study in result.inputs["studies"]]),
    )


def _studies(result: comparison.Outcome) -> tuple[Study, ...]:
    computed = {study["id"]: study for study in result.outputs.get("studies", ())}
    found = []
    for item in result.inputs["studies"]:
        study = computed.get(str(item["id"]), {})
        has_estimate = study.get("estimate") is not None
        found.append(
            Study(
                id=item["id"],
                label=item["label"],
                data=wording.spaced(comparison.data_text(item["arms"])),
                subgroup=item["subgroup"],
                estimate=wording.with_interval(study, result.settings) if has_estimate else "",
                weight=study.get("weight_percent"),
                left_out=wording.LEFT_OUT[study["left_out"]] if study.get("left_out") else "",
            )
        )
    return tuple(found)


def _others(result: comparison.Outcome) -> tuple[Other, ...]:
    return tuple(
        Other(
            id=item["id"],
            label=item["label"],
            status=item["status"],
            status_words=wording.OTHER_STATUS[item["status"]],
            reason=item["reason"],
            options=tuple(item["options"]),
        )
        for item in result.inputs["others"]
    )


def _without(result: comparison.Outcome, labels: dict[str, str]) -> tuple[Without, ...]:
    return tuple(
        Without(
            label=labels[entry["study_id"]],
            estimate=wording.with_interval(entry["pooled"], result.settings),
            i2=entry["i2"],
            tau2=entry["tau2"],
        )
        for entry in result.outputs.get("leave_one_out", ())
    )


def _influences(result: comparison.Outcome, labels: dict[str, str]) -> tuple[Influence, ...]:
    return tuple(
        Influence(
            label=labels[entry["study_id"]],
            rstudent=entry["rstudent"],
            cook_d=entry["cook_d"],
            dfbs=entry["dfbs"],
            weight=entry["weight_percent"],
            is_influential=entry["is_influential"],
        )
        for entry in result.outputs.get("influence", ())
    )


def _overlaps(study_ids: Sequence[int]) -> tuple[str, ...]:
    """Pairs of contributing studies that may count the same people twice."""
    pairs = MaySharePopulation.objects.select_related("first", "second").filter(
        first_id__in=study_ids, second_id__in=study_ids
    )
    return tuple(
        f"{pair.first.label} and {pair.second.label} may share participants: "
        f"{Overlap(pair.extent).label.lower()}."
        for pair in pairs
    )
