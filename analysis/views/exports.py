"""Every list of the review as a file, on one page."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from analysis import exports
from reviews.access import MemberRequest, Right, member_view
from reviews.exports import csv_response, reference_items
from reviews.models import Review
from reviews.templatetags.perennial import nav_url


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    context = {
        "review": review,
        "member": request.member,
        "tab": "overview",
        "lists": _references(review),
        "groups": _groups(review),
    }
    return render(request, "analysis/exports.html", context)


def _references(review: Review) -> list[tuple[str, str, list[dict[str, str]]]]:
    """Lists of references, each in every format."""

    def screened(stage: str, state: str) -> list[dict[str, str]]:
        return reference_items("screening:list_file", [review.slug], {"stage": stage, "state": state})

    return [
        (
            "Publications",
            "each once, duplicates merged",
            reference_items("reviews:publications_file", [review.slug]),
        ),
        ("Records", "every hit of every source", reference_items("reviews:records_file", [review.slug])),
        ("Included", "at full text", screened("full-text", "included")),
        ("Excluded at full text", "each with its reason", screened("full-text", "excluded")),
        ("Excluded at title and abstract", "", screened("title-abstract", "excluded")),
        ("Undecided at title and abstract", "", screened("title-abstract", "undecided")),
        ("Undecided at full text", "", screened("full-text", "undecided")),
    ]


def _groups(review: Review) -> list[tuple[str, list[tuple[str, str, str]]]]:
    def at(name: str, *arguments: str) -> str:
        return reverse(name, args=[review.slug, *arguments])

    groups = [
        (
            "Records and screening",
            [
                ("Records", "as they came, with source and run", nav_url("reviews:records_csv", review.slug)),
                (
                    "Records by place",
                    "each in its one place of the flow, with its reason",
                    at("analysis:flow_list_csv", "identified"),
                ),
                ("Votes", "with reasons; of open reports only your own", at("screening:votes_csv")),
                ("PRISMA flow", "for the PRISMA2020 package", at("analysis:flow_download", "csv")),
            ],
        ),
        (
            "Studies and data",
            [
                (
                    "Studies",
                    "with eligibility, reports and characteristics",
                    at("analysis:studies_csv"),
                ),
                (
                    "Extracted values",
                    "agreed, and each reader's own once both have read",
                    at("analysis:values_csv"),
                ),
                ("Risk of bias", "agreed judgements with their reasons", at("analysis:appraisals_csv")),
            ],
        ),
        ("Results", [("Runs", "every result with its cause", at("analysis:all_runs_csv"))]),
    ]
    return [(title, [item for item in items if item[2]]) for title, items in groups]


@require_GET
@member_view(Right.VIEW)
def studies(request: MemberRequest) -> HttpResponseBase:
    review = request.member.review
    header, rows = exports.studies(review)
    return csv_response(f"{review.slug}-studies", header, rows)


@require_GET
@member_view(Right.VIEW)
def values(request: MemberRequest) -> HttpResponseBase:
    rows = exports.values(request.member)
    return csv_response(f"{request.member.review.slug}-values", exports.VALUE_HEADER, rows)


@require_GET
@member_view(Right.VIEW)
def runs(request: MemberRequest) -> HttpResponseBase:
    review = request.member.review
    return csv_response(f"{review.slug}-runs", exports.RUN_HEADER, exports.runs(review))


@require_GET
@member_view(Right.VIEW)
def appraisals(request: MemberRequest) -> HttpResponseBase:
    review = request.member.review
    rows = exports.appraisals(review)
    return csv_response(f"{review.slug}-risk-of-bias", exports.APPRAISAL_HEADER, rows)
