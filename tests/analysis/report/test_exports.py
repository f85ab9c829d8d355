"""Downloads: every list, neutral to spreadsheets, and no way round the blinding."""

import csv
import io
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from analysis.models import Spec
from analysis.services import extractions
from reviews.models import Review, User
from tests.analysis import makers

SignIn = Callable[[User], Client]


def url(review: Review, name: str) -> str:
    return reverse(f"analysis:{name}", args=[review.slug])


def table(client: Client, review: Review, name: str) -> list[dict[str, str]]:
    answer = client.get(url(review, name))
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_the_page_lists_every_download(review: Review, observer: User, signed_in: SignIn) -> None:
    page = signed_in(observer)
    answer = page.get(url(review, "exports"))
    links = [address for _, items in answer.context["groups"] for _, _, address in items]
    assert len(links) >= 7
    assert {page.get(link).status_code for link in links} == {200}


def test_studies_carry_their_eligibility(
    started_review: Review, observer: User, signed_in: SignIn, analysis: Spec
) -> None:
    rows = table(signed_in(observer), started_review, "studies_csv")
    assert [(row["label"], row["eligibility"]) for row in rows] == [
        ("Adams 2020", "included"),
        ("Brown 2020", "included"),
    ]


def test_runs_carry_cause_and_estimate(
    started_review: Review, observer: User, signed_in: SignIn, analysis: Spec
) -> None:
    rows = table(signed_in(observer), started_review, "all_runs_csv")
    assert rows[-1]["k"] == "2"
    assert 0 < float(rows[-1]["estimate"]) < 1
    assert "Brown 2020" in rows[-1]["cause"]


def test_another_s_reading_stays_closed_until_both_have_read(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    study = makers.study(started_review, "Adams")
    mine = makers.fill(reviewer, study, {"events": "3", "total": "9"})
    extractions.finish(by=reviewer, extraction=mine)
    theirs = makers.fill(second_reviewer, study, {"events": "4", "total": "9"})

    def readers(person: User) -> set[str]:
        return {row["who"] for row in table(signed_in(person), started_review, "values_csv")}

    assert readers(reviewer) == {str(reviewer)}
    assert readers(second_reviewer) == {str(second_reviewer)}
    extractions.finish(by=second_reviewer, extraction=theirs)
    assert readers(reviewer) == {str(reviewer), str(second_reviewer)}


def test_a_value_that_looks_like_a_formula_is_text(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    study = makers.study(started_review, "=HYPERLINK(1)")
    row = table(signed_in(reviewer), started_review, "studies_csv")[0]
    assert row["label"].startswith("'=")
    assert study.label.startswith("=")


def test_appraisals_download_is_a_table(review: Review, observer: User, signed_in: SignIn) -> None:
    assert table(signed_in(observer), review, "appraisals_csv") == []


def test_doors(review: Review, outsider: User, client: Client, signed_in: SignIn) -> None:
    for name in ("exports", "studies_csv", "values_csv", "all_runs_csv", "appraisals_csv"):
        assert client.get(url(review, name)).status_code == 302
        assert signed_in(outsider).get(url(review, name)).status_code == 404
        assert signed_in(outsider).post(url(review, name)).status_code == 405
