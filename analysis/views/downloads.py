"""An analysis as tables, as JSON and as a script in R."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from analysis import wording
from analysis.models import Run, Spec
from analysis.r_script import Heading, script
from analysis.selectors import specs as selectors
from reviews.access import MemberRequest, Right, member_view

# A spreadsheet runs a cell that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ARM_COLUMNS = ("events", "total", "mean", "sd", "n")


def _spec(request: MemberRequest, spec_id: int) -> Spec:
    return get_object_or_404(Spec, pk=spec_id, review=request.member.review)


def _current(spec: Spec) -> Run:
    return get_object_or_404(
        Run.objects.select_related("result__spec_version").filter(spec=spec).order_by("-number")[:1]
    )


def _csv(rows: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    writer = csv.writer(response)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return response


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


@require_GET
@member_view(Right.VIEW)
def data(request: MemberRequest, spec_id: int) -> HttpResponse:
    """The studies of the current run, contributing or not, with every number in full precision."""
    spec = _spec(request, spec_id)
    run = _current(spec)
    header = ["study", "contributes", "why_not", "subgroup"]
    header += [f"{column}_{arm}" for arm in (1, 2) for column in _ARM_COLUMNS]
    header += ["yi", "vi", "estimate", "ci_low", "ci_high", "weight_percent", "corrected"]
    return _csv([header, *_data_rows(run)], f"analysis-{spec.pk}-run-{run.number}-data.csv")


def _data_rows(run: Run) -> Iterable[list[Any]]:
    computed = {study["id"]: study for study in run.result.outputs.get("studies", ())}
    for item in run.result.inputs["studies"]:
        study = computed.get(str(item["id"]), {})
        arms = [*item["arms"], {}][:2]
        left_out = study.get("left_out")
        yield [
            item["label"],
            "no" if left_out else "yes",
            wording.LEFT_OUT[left_out] if left_out else "",
            item["subgroup"],
            *(arm.get(column) for arm in arms for column in _ARM_COLUMNS),
            *(study.get(name) for name in ("yi", "vi", "estimate", "ci_low", "ci_high", "weight_percent")),
            "yes" if study.get("corrected") else "no",
        ]
    for other in run.result.inputs["others"]:
        why = wording.OTHER_STATUS[other["status"]]
        yield [other["label"], "no", f"{why}: {other['reason']}" if other["reason"] else why]


@require_GET
@member_view(Right.VIEW)
def runs(request: MemberRequest, spec_id: int) -> HttpResponse:
    """Every run with its cause and its difference."""
    spec = _spec(request, spec_id)
    header = ["run", "at", "causes", "difference", "status", "k", "included", "estimate", "ci_low", "ci_high"]
    header += ["result", "input_sha256", "engine_version"]
    return _csv(
        [header, *(_run_row(run) for run in selectors.all_runs(spec))], f"analysis-{spec.pk}-runs.csv"
    )


def _run_row(run: Run) -> list[Any]:
    change = run.difference
    estimate = change["estimate"][1] or {}
    return [
        run.number,
        run.recorded_at.isoformat(),
        "; ".join(selectors.causes(run)),
        "; ".join(wording.difference(change, run.result.settings)),
        run.result.status,
        change["k"][1],
        change["included"][1],
        *(estimate.get(name) for name in ("estimate", "ci_low", "ci_high")),
        run.result_id,
        run.result.input_hash,
        run.result.engine_version,
    ]


@require_GET
@member_view(Right.VIEW)
def result(request: MemberRequest, spec_id: int) -> HttpResponse:
    """The current result whole: inputs, settings, engine version, outputs."""
    run = _current(_spec(request, spec_id))
    stored = run.result
    return JsonResponse(
        {
            "run": run.number,
            "input_sha256": stored.input_hash,
            "engine_version": stored.engine_version,
            "status": stored.status,
            "settings": stored.settings,
            "subgroup": stored.inputs["subgroup"],
            "filters": stored.spec_version.filters,
            "inputs": stored.inputs,
            "outputs": stored.outputs,
        },
        headers={"Content-Disposition": f'attachment; filename="analysis-{spec_id}-run-{run.number}.json"'},
    )


@require_GET
@member_view(Right.VIEW)
def r_script(request: MemberRequest, spec_id: int, number: int) -> HttpResponse:
    """One run, the current one or an earlier one, to be computed again in R."""
    spec = _spec(request, spec_id)
    run = get_object_or_404(
        Run.objects.select_related("result__spec_version__subgroup_field"), spec=spec, number=number
    )
    stored, version = run.result, run.result.spec_version
    field = version.subgroup_field
    heading = Heading(
        review=request.member.review.title,
        analysis=spec.name,
        run=run.number,
        computed=f"{run.recorded_at:%Y-%m-%d %H:%M} UTC",
        settings_line=wording.settings_line(
            stored.settings, subgroup=field.label if field else "", filters=version.filters
        ),
    )
    text = script(
        heading,
        inputs=stored.inputs,
        settings=stored.settings,
        outputs=stored.outputs,
        status=stored.status,
        engine_version=stored.engine_version,
    )
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="analysis-{spec.pk}-run-{run.number}.R"',
            "X-Content-Type-Options": "nosniff",
        },
    )
