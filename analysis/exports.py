"""Tables as CSV and JSON: of the present state for members, of a version for its readers."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from analysis import wording
from analysis.models import (
    AgreedValue,
    Consensus,
    Extraction,
    FormField,
    Run,
    Study,
    StudyReport,
    Value,
)
from analysis.selectors import flow
from analysis.selectors.data import agreed_fields
from analysis.selectors.extraction import open_extractions
from reviews.access import Member
from reviews.exports import Cell, csv_response
from reviews.models import Review
from reviews.prisma import to_prisma2020_csv

Content = Mapping[str, Any]
Row = tuple[Cell, ...]
_CHUNK = 500


# -- Of the present state -----------------------------------------------------------------------------
def studies(review: Review) -> tuple[list[str], Iterator[Row]]:
    """Every study with its eligibility, reports and agreed characteristics."""
    fields = list(FormField.objects.filter(review=review, retired_at__isnull=True))
    header = ["study", "label", "design", "eligibility", "reports", *(field.label for field in fields)]
    return header, _study_rows(review, [field.key for field in fields])


def _study_rows(review: Review, keys: list[str]) -> Iterator[Row]:
    rows = list(Study.objects.filter(review=review).order_by("label", "pk"))
    agreed = agreed_fields([row.pk for row in rows])
    titles: dict[int, list[str]] = {}
    for link in StudyReport.objects.filter(study__review=review).select_related("report").order_by("pk"):
        titles.setdefault(link.study_id, []).append(link.report.title)
    for row in rows:
        values = [agreed.get(row.pk, {}).get(key, "") for key in keys]
        reports = " | ".join(titles.get(row.pk, []))
        yield (row.pk, row.label, row.design, row.eligibility, reports, *values)


VALUE_HEADER = [
    "study",
    "label",
    "who",
    "outcome",
    "arm",
    "timepoint",
    "population",
    "characteristic",
    "quantity",
    "reported",
    "as_reported",
    "as_used",
    "conversion",
    "quote",
    "page",
    "place",
    "basis",
    "note",
    "recorded_at",
    "is_current",
]


def values(member: Member) -> Iterator[Row]:
    """Agreed values, and each extractor's own once nobody is blind: one's own readings always."""
    yield from _agreed_rows(member.review)
    opened = _open_studies(member.review)
    related = ("datum__outcome", "datum__arm", "datum__timepoint", "datum__population", "field")
    rows = (
        Value.objects.filter(extraction__study__review=member.review)
        .select_related("extraction__study", "extraction__person", *related)
        .order_by("extraction__study_id", "pk")
    )
    replaced = set(rows.filter(supersedes__isnull=False).values_list("supersedes_id", flat=True))
    for row in rows.iterator(_CHUNK):
        extraction = row.extraction
        if extraction.person_id == member.user.pk or extraction.study_id in opened:
            yield (
                extraction.study_id,
                extraction.study.label,
                str(extraction.person),
                *_value(row),
                row.quote,
                row.page,
                row.place,
                "",
                row.note,
                row.recorded_at.isoformat(),
                row.pk not in replaced,
            )


def _open_studies(review: Review) -> set[int]:
    """Studies whose readings are open."""
    finished = Extraction.objects.filter(study__review=review, finished_at__isnull=False)
    studies = Study.objects.filter(pk__in=finished.values("study_id")).select_related("review")
    return {study.pk for study in studies if open_extractions(study)}


def _agreed_rows(review: Review) -> Iterator[Row]:
    related = ("datum__outcome", "datum__arm", "datum__timepoint", "datum__population", "field")
    rows = (
        AgreedValue.objects.filter(study__review=review)
        .select_related("study", *related)
        .order_by("study_id", "pk")
    )
    replaced = set(rows.filter(supersedes__isnull=False).values_list("supersedes_id", flat=True))
    for row in rows.iterator(_CHUNK):
        yield (
            row.study_id,
            row.study.label,
            "agreed",
            *_value(row),
            "",
            "",
            "",
            row.basis,
            row.note,
            row.recorded_at.isoformat(),
            row.pk not in replaced,
        )


def _value(row: Value | AgreedValue) -> Row:
    datum = row.datum
    return (
        datum.outcome.name if datum else "",
        datum.arm.label if datum else "",
        datum.timepoint.label if datum else "",
        datum.population.kind if datum else "",
        row.field.label if row.field else "",
        row.quantity,
        row.reported,
        row.as_reported,
        row.as_used,
        row.conversion,
    )


RUN_HEADER = [
    "analysis",
    "run",
    "recorded_at",
    "cause",
    "status",
    "k",
    "included",
    "estimate",
    "ci_low",
    "ci_high",
    "settings_version",
    "engine",
    "input_hash",
]


def runs(review: Review) -> Iterator[Row]:
    """Every run of every analysis, retired ones too."""
    rows = (
        Run.objects.filter(spec__review=review)
        .select_related("spec", "result__spec_version")
        .defer("result__inputs", "result__outputs")
        .order_by("spec_id", "number")
    )
    for run in rows.iterator(_CHUNK):
        estimate = run.difference["estimate"][1] or {}
        yield (
            run.spec.name,
            run.number,
            run.recorded_at.isoformat(),
            "; ".join(wording.cause(change) for change in run.cause.get("changes", ())),
            run.result.status,
            run.difference["k"][1],
            run.difference["included"][1],
            estimate.get("estimate"),
            estimate.get("ci_low"),
            estimate.get("ci_high"),
            run.result.spec_version.number,
            run.result.engine_version,
            run.result.input_hash,
        )


APPRAISAL_HEADER = [
    "study",
    "label",
    "outcome",
    "result",
    "tool",
    "effect",
    "domain",
    "proposed",
    "final",
    "justification",
    "basis",
    "recorded_at",
    "is_current",
]


def appraisals(review: Review) -> Iterator[Row]:
    """Agreed judgements on risk of bias, one line for each domain; replaced ones too."""
    rows = (
        Consensus.objects.filter(unit__study__review=review)
        .select_related("unit__study", "unit__outcome")
        .order_by("unit_id", "pk")
    )
    replaced = set(rows.filter(supersedes__isnull=False).values_list("supersedes_id", flat=True))
    for row in rows.iterator(_CHUNK):
        unit = row.unit
        for domain, held in row.judgements.items():
            yield (
                unit.study_id,
                unit.study.label,
                unit.outcome.name,
                unit.numerical_result,
                f"{unit.tool} {unit.tool_version}",
                unit.effect,
                domain,
                held["proposed"],
                held["final"],
                held["justification"],
                row.basis,
                row.recorded_at.isoformat(),
                row.pk not in replaced,
            )


# -- Of a version -------------------------------------------------------------------------------------
def _version_studies(content: Content, stem: str) -> HttpResponseBase:
    labels = list(dict.fromkeys(field["label"] for study in content["studies"] for field in study["fields"]))
    rows: list[Row] = []
    for study in content["studies"]:
        held = {field["label"]: field["value"] for field in study["fields"]}
        rows.append(
            (
                study["label"],
                study["design"],
                " | ".join(report["title"] for report in study["reports"]),
                " | ".join(report["doi"] for report in study["reports"] if report["doi"]),
                " | ".join(report["pmid"] for report in study["reports"] if report["pmid"]),
                *(held.get(label, "") for label in labels),
            )
        )
    header = ["study", "design", "reports", "doi", "pmid", *labels]
    return csv_response(f"{stem}-studies", header, rows)


def _version_results(content: Content, stem: str) -> HttpResponseBase:
    header = ["analysis", "outcome", "settings", "status", "k", "included", "estimate", "ci_low", "ci_high"]
    rows: list[Row] = []
    for item in content["analyses"]:
        numbers = item["numbers"] or {}
        shown = [numbers.get(name) for name in ("estimate", "ci_low", "ci_high")]
        head = (item["name"], item["outcome"], item["settings_line"], item["status"])
        rows.append((*head, item["k"], item["included"], *shown))
    return csv_response(f"{stem}-results", header, rows)


def _version_data(content: Content, stem: str) -> HttpResponseBase:
    header = ["analysis", "study", "data", "why_not", "reason"]
    rows: list[Row] = []
    for item in content["analyses"]:
        rows += [(item["name"], study["label"], study["data"], "", "") for study in item["studies"]]
        rows += [(item["name"], each["label"], "", each["why"], each["reason"]) for each in item["others"]]
    return csv_response(f"{stem}-data", header, rows)


def _version_flow(content: Content, stem: str) -> HttpResponseBase:
    text = to_prisma2020_csv(flow.from_values(content["flow"]))
    return _file(text, f"{stem}-prisma.csv", "text/csv; charset=utf-8")


def _version_json(content: Content, stem: str) -> HttpResponseBase:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    return _file(text, f"{stem}.json", "application/json")


def _file(text: str, name: str, media_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, content_type=media_type, headers=headers)


VERSION_FILES: Mapping[str, Callable[[Content, str], HttpResponseBase]] = {
    "studies.csv": _version_studies,
    "results.csv": _version_results,
    "data.csv": _version_data,
    "prisma.csv": _version_flow,
    "report.json": _version_json,
}
