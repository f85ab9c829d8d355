"""What a version freezes: everything that the report shows, as plain values, read from the database once.

No moment of reading is in it, so that a review that has not changed has the same content and the same hash.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Max

from analysis import comparison, wording
from analysis.contributions import digest
from analysis.models import (
    Design,
    Eligibility,
    FormField,
    Run,
    Spec,
    SpecVersion,
    Study,
    StudyReport,
    Version,
)
from analysis.selectors import appraisals, figures, flow
from analysis.selectors.data import agreed_fields
from reviews.models import (
    Amendment,
    Criterion,
    Outcome,
    Protocol,
    ProtocolVersion,
    Review,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
)
from reviews.selectors.counted import counts

Content = dict[str, Any]
# Grows when the shape of the content does: the page of an old version is then read by the old shape's rules.
SHAPE = 1


def content_hash(content: Content) -> str:
    return digest(content)


def content_of(review: Review) -> Content:
    """The whole report as it would be published now."""
    protocol = Protocol.objects.get(review=review)
    number = ProtocolVersion.objects.filter(protocol=protocol).aggregate(last=Max("number"))["last"] or 0
    sources = _sources(protocol)
    analyses = _analyses(review)
    in_pools = {study["id"] for item in analyses for study in item["studies"]}
    return {
        "shape": SHAPE,
        "title": review.title,
        "notice": review.notice,
        "question": protocol.question,
        "registration": {"registry": protocol.registry, "id": protocol.registration_id},
        "synthesis_plan": protocol.synthesis_plan,
        "protocol_version": number,
        "criteria": _criteria(protocol),
        "sources": sources,
        "searched_through": min((item["through"] for item in sources if item["through"]), default=None),
        "flow": flow.to_values(flow.flow(review, total_studies_ma=len(in_pools))),
        "studies": _studies(review),
        "analyses": analyses,
        "risk_of_bias": _risk_of_bias(review),
        "amendments": _amendments(protocol),
        "engine": sorted({item["engine"] for item in analyses}),
    }


def latest(review: Review) -> Version | None:
    """What the public reads."""
    return Version.objects.filter(review=review).select_related("by").order_by("-pk").first()


def versions(review: Review) -> list[Version]:
    """All versions, newest first, without their content."""
    return list(Version.objects.filter(review=review).defer("content").order_by("-pk"))


def _criteria(protocol: Protocol) -> list[Content]:
    rows = Criterion.objects.filter(protocol=protocol, retired_at__isnull=True)
    return [{"slot": row.get_slot_display(), "kind": row.kind, "text": row.text} for row in rows]


def _sources(protocol: Protocol) -> list[Content]:
    through: dict[int, date] = {}
    runs = SearchRun.objects.filter(source__protocol=protocol, state=RunState.COMPLETE)
    for run in runs.only("source_id", "trigger", "searched_on", "finished_at"):
        day = run.searched_on or _day_of(run)
        if day is not None:
            through[run.source_id] = max(day, through.get(run.source_id, day))
    rows = Source.objects.filter(protocol=protocol, retired_at__isnull=True)
    return [
        {
            "name": row.name,
            "kind": row.get_kind_display(),
            "platform": row.platform,
            "query": row.query,
            "through": through[row.pk].isoformat() if row.pk in through else None,
        }
        for row in rows
    ]


def _day_of(run: SearchRun) -> date | None:
    # A file may have been made long before it was imported: without a stated day nothing is known of it.
    return run.finished_at.date() if run.trigger != RunTrigger.FILE and run.finished_at else None


def _studies(review: Review) -> list[Content]:
    studies = list(
        Study.objects.filter(review=review, eligibility=Eligibility.INCLUDED).order_by("label", "pk")
    )
    ids = [study.pk for study in studies]
    reports: dict[int, list[Content]] = defaultdict(list)
    links = StudyReport.objects.filter(
        counts("report_id"), study_id__in=ids, report__canonical__isnull=True
    ).select_related("report")
    for link in links.order_by("report__year", "report_id"):
        report = link.report
        reports[link.study_id].append(
            {
                "title": report.title,
                "authors": report.authors,
                "year": report.year,
                "journal": report.journal,
                "doi": report.doi,
                "pmid": report.pmid,
            }
        )
    fields = FormField.objects.filter(review=review, retired_at__isnull=True)
    agreed = agreed_fields(ids)
    return [
        {
            "id": study.pk,
            "label": study.label,
            "design": Design(study.design).label,
            "reports": reports[study.pk],
            "fields": [
                {"label": field.label, "value": agreed[study.pk][field.key], "unit": field.unit}
                for field in fields
                if field.key in agreed.get(study.pk, {})
            ],
        }
        for study in studies
    ]


def _analyses(review: Review) -> list[Content]:
    current = list(
        Spec.objects.filter(review=review, retired_at__isnull=True).order_by("-is_headline", "position", "pk")
    )
    newest = Run.objects.filter(spec__in=current).values("spec_id").annotate(last=Max("pk"))
    runs = {
        run.spec_id: run
        for run in Run.objects.select_related("result__spec_version__spec__outcome").filter(
            pk__in=[row["last"] for row in newest]
        )
    }
    lines = settings_lines(current)
    return [_analysis(spec, runs[spec.pk], lines[spec.pk]) for spec in current if spec.pk in runs]


def settings_lines(of: Sequence[Spec]) -> dict[int, str]:
    """The line of settings of each spec as it is now."""
    versions_ = (
        SpecVersion.objects.filter(spec__in=of).select_related("subgroup_field").order_by("spec_id", "number")
    )
    return {
        version.spec_id: wording.settings_line(
            version.settings,
            subgroup=version.subgroup_field.label if version.subgroup_field else "",
            filters=version.filters,
        )
        for version in versions_
    }


def _analysis(spec: Spec, run: Run, line: str) -> Content:
    result = figures.held(run.result)
    estimate = comparison.shown_estimate(result)
    return {
        "spec": spec.pk,
        "key": str(spec.pk),
        "run": run.pk,
        "run_number": run.number,
        "name": spec.name,
        "note": spec.note,
        "outcome": result.inputs["outcome"],
        "is_headline": spec.is_headline,
        "settings": dict(result.settings),
        "settings_line": line,
        "status": result.status,
        "numbers": estimate,
        "estimate": wording.with_interval(estimate, result.settings) if estimate else "",
        "sentence": wording.sentence(result),
        "alt": wording.alt_text(result),
        "contributors": wording.contributors(result),
        "k": comparison.k_of(result),
        "included": comparison.included(result),
        "heterogeneity": wording.heterogeneity(result.outputs["overall"])
        if result.status == "pooled"
        else "",
        "remarks": wording.remarks(result),
        "small_study": wording.bias(result) if result.status == "pooled" else [],
        "studies": [
            {"id": item["id"], "label": item["label"], "data": comparison.data_text(item["arms"])}
            for item in result.inputs["studies"]
        ],
        "others": [
            {
                "label": item["label"],
                "why": wording.OTHER_STATUS[item["status"]],
                "reason": item["reason"],
            }
            for item in result.inputs["others"]
        ],
        "figure": figures.data_hash(run.result) if figures.plots_of(run.result) else "",
        "engine": run.result.engine_version,
        "input_hash": run.result.input_hash,
    }


def _risk_of_bias(review: Review) -> list[Content]:
    outcomes = Outcome.objects.filter(protocol__review=review, retired_at__isnull=True)
    # Of a domain with variants (effect of assignment, of adhering) the first names the column.
    domains = {domain.id: domain.label for domain in reversed(appraisals.tool().domains)}
    found = []
    for outcome in outcomes.filter(appraised_results__consensuses__isnull=False).distinct():
        lights = appraisals.traffic_light(review, outcome)
        if lights:
            found.append(
                {
                    "outcome": outcome.name,
                    "domains": domains,
                    "rows": [
                        {
                            "label": light.label,
                            "result": light.numerical_result,
                            "judgements": light.judgements,
                        }
                        for light in lights
                    ],
                }
            )
    return found


def _amendments(protocol: Protocol) -> list[Content]:
    rows = Amendment.objects.filter(after__protocol=protocol).select_related("after").order_by("pk")
    return [
        {
            "version": row.after.number,
            "date": row.recorded_at.date().isoformat(),
            "reason": row.reason,
            "paths": [change["path"] for change in row.changes],
            "results_known": row.results_known,
        }
        for row in rows.defer("after__content")
    ]
