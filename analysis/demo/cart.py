"""The CAR-T review, from its reference list to published figures."""

from collections.abc import Mapping

from analysis.demo import cart_protocol as protocol
from analysis.demo.extraction_acts import Line, agree_on_study, fields_of, read_study
from analysis.demo.screening_acts import read_full_text, settle_by_consensus, vote_pair
from analysis.demo.stage import Stage, reports_by_title, rows
from analysis.models import (
    ArmRole,
    Design,
    Eligibility,
    MaySharePopulation,
    Overlap,
    PopulationKind,
    Spec,
    Study,
)
from analysis.services import specs, studies
from analysis.services.eligibility import set_eligibility
from reviews.models import Outcome, Report, Review
from screening.models import StageName, Verdict

REFERENCES = "cart_references.ris"
UNEXPLAINED = "19"
# The pair disagrees on this report in the demonstration only.
_IN_CONFLICT = "11"
_PLACE = "Read by the authors of the published review; no file is kept here"
_WHY_MISSING = "The text of the published review does not state it"
_FIELDS = {
    "country": ("Country", "text", ()),
    "sample_size": ("Sample size", "number", ()),
    "age_years": ("Age (years)", "text", ()),
    "leukaemia_as_printed": ("Leukaemia as printed", "text", ()),
    "leukaemia_group": ("Leukaemia group", "choice", ("B-cell ALL", "unspecified ALL")),
    "follow_up_months": ("Follow-up (months)", "number", ()),
    "vector": ("Vector", "text", ()),
    "antigen": ("Antigen", "choice", ("CD19", "CD19/CD22")),
    "costimulatory_domain": ("Costimulatory domain", "text", ()),
    "lymphodepletion": ("Lymphodepletion", "text", ()),
}
_COLUMNS = {
    "leukaemia_as_printed": "leukemia_subtype",
    "leukaemia_group": "leukemia_group",
    "antigen": "antigen_group",
}
_SETTINGS = {"ci_method": "wald", "tau2_method": "REML"}
# Name, outcome, filter: the four results that the paper's text determines.
COMPLETE = (
    (
        "Complete response, unspecified ALL",
        protocol.COMPLETE_RESPONSE,
        ("leukaemia_group", "unspecified ALL"),
    ),
    ("CRS of any grade, CD19/CD22", protocol.CRS, ("antigen", "CD19/CD22")),
    ("ICANS, CD19/CD22", protocol.ICANS, ("antigen", "CD19/CD22")),
    ("ICANS, unspecified ALL", protocol.ICANS, ("leukaemia_group", "unspecified ALL")),
)
HEADLINE = COMPLETE[0][0]
_MAY_SHARE = (
    ("Jacoby 2018", "Itzhaki 2020", "The same group; participants may be counted twice"),
    ("Itzhaki 2020", "Ortiz 2020", "Both titles include patients without leukaemia; asked, not known"),
)


def play(stage: Stage) -> Review:
    """Every act in turn; what stands already is left alone."""
    review = protocol.begin(stage)
    stage.say("CAR-T: the protocol stands and is frozen")
    source = review.protocol.sources.get(name=protocol.LIST_SOURCE)
    stage.import_file(review, source, REFERENCES)
    stage.say("CAR-T: 25 records imported, duplicates merged")
    reports = _reports(review)
    _screen(stage, review, reports)
    stage.say("CAR-T: titles, abstracts and full texts screened by two reviewers")
    included = _studies(stage, review, reports)
    stage.say(f"CAR-T: {len(included)} studies included, one awaiting classification")
    _extract(stage, review, included)
    stage.say("CAR-T: 33 results extracted twice and agreed")
    _plan(stage, review)
    return review


def _reports(review: Review) -> dict[str, Report]:
    """Reference number -> the report that stands for it (two references were merged into others)."""
    by_title = reports_by_title(review)
    return {row["number"]: by_title[row["title"]] for row in rows("cart_references.csv")}


def _screen(stage: Stage, review: Review, reports: Mapping[str, Report]) -> None:
    roles = {row["number"]: row["role"] for row in rows("cart_references.csv")}
    going_on = [number for number, role in roles.items() if _goes_on(role)]
    for number, role in roles.items():
        if role.startswith("duplicate"):
            continue
        verdict = Verdict.INCLUDE if number in going_on else Verdict.EXCLUDE
        other = Verdict.EXCLUDE if number == _IN_CONFLICT else verdict
        vote_pair(stage, reports[number], StageName.TITLE_ABSTRACT, (verdict, other))
    settle_by_consensus(
        stage,
        reports[_IN_CONFLICT],
        StageName.TITLE_ABSTRACT,
        Verdict.INCLUDE,
        "A simulated conflict: risk factors, but also the outcomes of all patients.",
    )
    stage.settle(review)
    for number in going_on:
        read_full_text(stage, reports[number], _PLACE)
        vote_pair(stage, reports[number], StageName.FULL_TEXT, (Verdict.INCLUDE, Verdict.INCLUDE))
    stage.settle(review)


def _goes_on(role: str) -> bool:
    return role.startswith(("included", "cited"))


def _studies(stage: Stage, review: Review, reports: Mapping[str, Report]) -> dict[str, Study]:
    labels = {
        row["number"]: row["role"].removeprefix("included: ")
        for row in rows("cart_references.csv")
        if row["role"].startswith("included")
    }
    included = {}
    for number, label in labels.items():
        study = _study_of(stage, reports[number])
        if study.label != label:
            studies.rename(by=stage.lead, study=study, label=label)
        if study.design != Design.SINGLE_ARM:
            studies.set_design(by=stage.lead, study=study, design=Design.SINGLE_ARM)
        included[label] = study
    unexplained = _study_of(stage, reports[UNEXPLAINED])
    if unexplained.eligibility == Eligibility.INCLUDED:
        set_eligibility(
            by=stage.lead,
            study=unexplained,
            verdict=Eligibility.AWAITING,
            note="Cited by the paper, not among its 18 studies; the paper gives no reason.",
        )
    for one, other, note in _MAY_SHARE:
        pair = sorted((included[one], included[other]), key=lambda study: study.pk)
        if not MaySharePopulation.objects.filter(first=pair[0], second=pair[1]).exists():
            studies.share_population(
                by=stage.lead, first=pair[0], second=pair[1], extent=Overlap.UNCLEAR, note=note
            )
    return included


def _study_of(stage: Stage, report: Report) -> Study:
    stage.wait("studies to be made", Study.objects.filter(study_reports__report=report).exists)
    return Study.objects.select_related("review").get(study_reports__report=report)


def _extract(stage: Stage, review: Review, included: Mapping[str, Study]) -> None:
    fields_of(stage, review, _FIELDS)
    outcomes = {outcome.name: outcome for outcome in Outcome.objects.filter(protocol__review=review)}
    facts = {row["label"]: row for row in rows("cart_studies.csv")}
    for label, study in included.items():
        arm = study.arms.get(role=ArmRole.SINGLE)
        first: dict[tuple[int, int], Line] = {}
        second: dict[tuple[int, int], Line] = {}
        for row in rows("cart_outcomes.csv"):
            if row["label"] == label:
                key = (outcomes[row["outcome"]].pk, arm.pk)
                first[key], second[key] = _readings(row)
        read_study(
            stage,
            study,
            characteristics={key: facts[label][_COLUMNS.get(key, key)] for key in _FIELDS},
            readings=(first, second),
            why_missing=_WHY_MISSING,
        )
        agree_on_study(stage, study)
    stage.settle(review)


def _readings(row: Mapping[str, str]) -> tuple[Line, Line]:
    """The paper's percentage with its total; where text and table differ, the second reads the table."""
    is_text = row["denominator_source"].startswith("text")
    line = Line(
        entries={"events": f"{row['percent_as_stated']} %", "total": row["total"]},
        place="text" if is_text else "text; total from table 1",
        quote=f"worded as {row['outcome_as_worded']}" if row["outcome_as_worded"] != row["outcome"] else "",
        population=PopulationKind.EVALUABLE if is_text else "",
    )
    if not is_text:
        return line, line
    other = Line(
        entries={"events": "6", "total": "6"},
        place="table 1 (simulated)",
        population=PopulationKind.EVALUABLE,
    )
    return line, other


def _plan(stage: Stage, review: Review) -> None:
    outcomes = {outcome.name: outcome for outcome in Outcome.objects.filter(protocol__review=review)}
    fields = {field.key: field for field in review.form_fields.all()}
    planned = set(Spec.objects.filter(review=review).values_list("name", flat=True))
    for name, measured, (key, value) in COMPLETE:
        if name not in planned:
            specs.create(
                by=stage.lead,
                review=review,
                outcome=outcomes[measured],
                name=name,
                settings=_SETTINGS,
                filters={key: value},
                is_headline=name == HEADLINE,
                note="Complete: every result behind the printed figure is here.",
            )
    for outcome in outcomes.values():
        name = f"{outcome.name[0].upper()}{outcome.name[1:]}, all studies (partial)"
        if name not in planned:
            specs.create(
                by=stage.lead,
                review=review,
                outcome=outcome,
                name=name,
                settings=_SETTINGS,
                subgroup_field=fields["antigen"],
                note=_partial_note(outcome.name),
            )
    variant = f"{HEADLINE} (DerSimonian-Laird)"
    if variant not in planned:
        specs.create(
            by=stage.lead,
            review=review,
            outcome=outcomes[protocol.COMPLETE_RESPONSE],
            name=variant,
            settings={**_SETTINGS, "tau2_method": "DL"},
            filters={"leukaemia_group": "unspecified ALL"},
            note="The same figure with the older estimator of tau².",
        )


def _partial_note(outcome: str) -> str:
    printed = next(
        (row for row in rows("cart_published.csv") if row["outcome"] == outcome and not row["subgroup_by"]),
        None,
    )
    if printed is None:
        return ""
    on_paper = f"{printed['percent']} % [{printed['ci_low']}; {printed['ci_high']}]"
    return (
        f"Partial: the paper prints {on_paper} over all its studies, of which its text states only the "
        "results shown here. The two are not comparable."
    )
