"""Forest plots: each kind of data in each style, and the cases that are hard to set."""

import csv
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

from matplotlib.figure import Figure

import analysis.demo
from analysis.meta import Arm, Settings, StudyData, Synthesis, pool, synthesise
from analysis.plots import forest
from analysis.plots.forest_data import Effect, ForestData, Judgement, LeftOut, StudyRow
from analysis.plots.forest_pool import forest_of_pool
from analysis.plots.forest_result import forest_of
from analysis.plots.forest_series import cumulative_forest, leave_one_out_forest
from analysis.plots.forest_style import StyleName

STYLES: tuple[StyleName, ...] = get_args(StyleName)
DOMAINS = (
    "Randomisation process",
    "Deviations from intended interventions",
    "Missing outcome data",
    "Measurement of the outcome",
    "Selection of the reported result",
    "Overall",
)
FAVOURS = ("Favours BCG", "Favours no vaccination")
_DEMO = Path(analysis.demo.__file__).parent


def figures() -> Iterator[tuple[str, Figure]]:
    """Every figure with the name of its file."""
    for style in STYLES:
        for name, data in examples().items():
            yield f"forest-{name}-{style.lower()}", forest(data, style=style)
    for name, data in hard_cases().items():
        yield f"forest-{name}", forest(data)
    yield "forest-bcg-narrow", forest(examples()["bcg"], narrow=True)
    yield (
        "forest-bcg-bias-colour-blind",
        forest(examples()["bcg-bias"], style="RevMan5", palette="colour_blind"),
    )


def examples() -> dict[str, ForestData]:
    """One plot for each kind of data."""
    found = synthesise(bcg(), Settings("RR"))
    grouped = synthesise(bcg(by_allocation=True), Settings("RR"))
    return {
        "bcg": _bcg_forest(found),
        "bcg-bias": _bcg_forest(found, judged=True),
        "bcg-subgroups": _bcg_forest(grouped, subgroup="Allocation"),
        "response": _response(),
        "means": _means(),
        "generic": _generic(),
        "leave-one-out": leave_one_out_forest(found, title="Tuberculosis: each study left out in turn"),
        "cumulative": _cumulative(),
    }


def hard_cases() -> dict[str, ForestData]:
    """Few and many studies, names too long, intervals too wide."""
    one = forest_of(synthesise(bcg()[:1], Settings("RR")), title="One study", arms=("BCG", "None"))
    two = forest_of(synthesise(bcg()[:2], Settings("RR")), title="Two studies", arms=("BCG", "None"))
    none = forest_of(synthesise([], Settings("RR")), title="No study", left_out=(LeftOut("A", "no result"),))
    return {"none": none, "one": one, "two": two, "many": many(200), "long": _long(), "wide": _wide()}


def bcg(*, by_allocation: bool = False) -> list[StudyData]:
    """The thirteen trials of BCG against tuberculosis, by year."""
    with (_DEMO / "bcg_trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        StudyData(
            id=row["trial"],
            label=row["trial"],
            arms=(
                Arm(events=int(row["bcg_cases"]), total=int(row["bcg_total"])),
                Arm(events=int(row["control_cases"]), total=int(row["control_total"])),
            ),
            subgroup=row["allocation"] if by_allocation else None,
        )
        for row in sorted(rows, key=lambda row: row["year"])
    ]


def many(k: int) -> ForestData:
    """A plot of k studies that differ by their number alone."""
    studies = []
    for i in range(k):
        treated, control = 5 + (7 * i) % 23, 9 + (5 * i) % 29
        total = 80 + (37 * i) % 400
        studies.append(StudyData(str(i), f"Study {i + 1:03d}", (Arm(treated, total), Arm(control, total))))
    found = synthesise(studies, Settings("OR"))
    return forest_of(found, title=f"{k} studies", favours=("Favours treatment", "Favours control"))


def _bcg_forest(found: Synthesis, *, judged: bool = False, subgroup: str = "") -> ForestData:
    levels: tuple[Judgement, ...] = ("low", "some_concerns", "high")
    # An example of how judgements look, made from the row number: no appraisal of these trials.
    marks = {
        study.id: tuple(levels[(i * (j + 2)) % 3 if j else i % 2] for j in range(6))
        for i, study in enumerate(found.studies)
    }
    return forest_of(
        found,
        title="BCG vaccine against tuberculosis",
        arms=("BCG vaccine", "No vaccine"),
        favours=FAVOURS,
        subgroup=subgroup,
        domains=DOMAINS if judged else (),
        judgements=marks if judged else None,
    )


def _response() -> ForestData:
    with (_DEMO / "cart_outcomes.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["outcome"] == "CRS any grade"]
    studies = [
        StudyData(row["label"], row["label"], (Arm(events=int(row["events"]), total=int(row["total"])),))
        for row in rows
    ]
    found = synthesise(studies, Settings("PLO"))
    return forest_of(found, title="Cytokine release syndrome of any grade after CAR T cells")


def _means() -> ForestData:
    # Length of stay after stroke, specialist against routine care: metadat dat.normand1999 (Normand 1999).
    numbers = (
        ("Edinburgh", 155, 55, 47, 156, 75, 64),
        ("Orpington-Mild", 31, 27, 7, 32, 29, 4),
        ("Orpington-Moderate", 75, 64, 17, 71, 119, 29),
        ("Orpington-Severe", 18, 66, 20, 18, 137, 48),
        ("Montreal-Home", 8, 14, 8, 13, 18, 11),
        ("Montreal-Transfer", 57, 19, 7, 52, 18, 4),
        ("Newcastle", 34, 52, 45, 33, 41, 34),
        ("Umea", 110, 21, 16, 183, 31, 27),
        ("Uppsala", 60, 30, 27, 52, 23, 20),
    )
    studies = [
        StudyData(name, name, (Arm(n=n1, mean=m1, sd=s1), Arm(n=n2, mean=m2, sd=s2)))
        for name, n1, m1, s1, n2, m2, s2 in numbers
    ]
    found = synthesise(studies, Settings("MD"))
    favours = ("Favours specialist care", "Favours routine care")
    return forest_of(
        found,
        title="Days in hospital after stroke",
        arms=("Specialist care", "Routine care"),
        favours=favours,
    )


def _generic() -> ForestData:
    found = synthesise(bcg(), Settings("OR"))
    used = [study for study in found.studies if study.yi is not None and study.vi is not None]
    yi, vi = [study.yi or 0.0 for study in used], [study.vi or 0.0 for study in used]
    return forest_of_pool(
        pool(yi, vi, prediction="V"),
        [study.label for study in used],
        yi,
        vi,
        title="Tuberculosis, from log odds ratios and their standard errors",
        measure="Odds ratio",
        log_scale=True,
        favours=FAVOURS,
    )


def _cumulative() -> ForestData:
    studies = bcg()
    steps = [(study.label, synthesise(studies[: i + 1], Settings("RR"))) for i, study in enumerate(studies)]
    return cumulative_forest(steps, title="Tuberculosis: studies added by year")


def _long() -> ForestData:
    data = examples()["bcg"]
    name = (
        "The cooperative trial group of the northern and southern provinces on vaccination of schoolchildren"
    )
    rows = tuple(replace(row, label=f"{name}, part {i}") for i, row in enumerate(data.rows))
    words = (
        "Favours an intensive programme of vaccination at school",
        "Favours the usual care of the region",
    )
    return replace(data, rows=rows, favours=words, title=f"{data.title}: {name.lower()}")


def _wide() -> ForestData:
    rows = [
        StudyRow(f"Study {i}", (), Effect(math.exp(y), math.exp(y - s), math.exp(y + s)), 12.5)
        for i, (y, s) in enumerate(
            [
                (0.1, 0.3),
                (-0.2, 0.4),
                (0.3, 9.0),
                (0.0, 0.2),
                (2.0, 30.0),
                (-0.5, 0.5),
                (-3.0, 4.0),
                (0.2, 0.35),
            ]
        )
    ]
    return ForestData(
        "Intervals beyond any axis", "Odds ratio [95% CI]", tuple(rows), log_scale=True, null_line=1.0
    )
