"""What is kept beside records and merges is compared with them, and written anew where it differs."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reviews.models import DuplicateKey, Record, Report, Review, SearchRun, User
from reviews.services import duplicate_keys, duplicates, finding, rebuilding
from tests import factories

TITLE = "Humanised chimeric antigen receptor cells for refractory leukaemia in adults"


@pytest.fixture
def made(review: Review, lead: User) -> list[Report]:
    """Four reports with their keys; the second is merged into the first."""
    values: dict[str, Any] = {"authors": ["Family, G"], "year": 2020, "journal": "Tests", "pages": "1-9"}
    titles = [TITLE, "A copy under another title", "Another trial altogether", "One more of these"]
    made = factories.reports(review, 4, titles, **values)
    last = SearchRun.objects.filter(review=review).latest("id")
    finding.find_duplicates(review_id=review.pk, run_id=last.pk)
    duplicates.merge(by=lead, kept=made[0], absorbed=made[1], rule="by hand")
    assert list(rebuilding.differences(review)) == []
    return made


def _named(review: Review) -> list[tuple[str, str]]:
    return [(one.what, one.key) for one in rebuilding.differences(review)]


def test_a_report_that_stands_where_it_was_merged_is_named_and_mended(
    review: Review, made: list[Report]
) -> None:
    Report.objects.filter(pk=made[1].pk).update(canonical=None)
    Report.objects.filter(pk=made[3].pk).update(canonical=made[2])

    found = list(rebuilding.differences(review))

    assert [(one.what, one.key, one.is_now, one.should_be) for one in found] == [
        ("merged into", f"report {made[1].pk}", "None", str(made[0].pk)),
        ("merged into", f"report {made[3].pk}", str(made[2].pk), "None"),
    ]
    rebuilding.rebuild(review)
    assert _named(review) == []
    assert Report.objects.get(pk=made[1].pk).canonical == made[0]


def test_a_report_that_says_what_no_record_says_is_named_and_mended(
    review: Review, made: list[Report]
) -> None:
    duplicate_keys.refresh(review.pk, [made[2].pk])
    Report.objects.filter(pk=made[2].pk).update(pmid="77", title="Spoilt")
    assert set(_named(review)) == {
        (name, f"report {made[2].pk}") for name in ("pmid", "title", "duplicate keys")
    }
    rebuilding.rebuild(review)
    assert _named(review) == []
    assert Report.objects.get(pk=made[2].pk).title == "Another trial altogether"


def test_keys_that_are_wrong_are_named_and_those_to_come_are_not(review: Review, made: list[Report]) -> None:
    DuplicateKey.objects.filter(report=made[3]).delete()
    assert _named(review) == []
    DuplicateKey.objects.filter(report=made[2]).earliest("pk").delete()
    assert _named(review) == [("duplicate keys", f"report {made[2].pk}")]
    rebuilding.rebuild(review)
    assert _named(review) == []
    assert DuplicateKey.objects.filter(report=made[3]).exists()


def test_a_record_in_the_wrong_place_is_named_and_mended(review: Review, made: list[Report]) -> None:
    record = Record.objects.get(filed__report=made[2])
    Record.objects.filter(pk=record.pk).update(seq=None)
    (found,) = rebuilding.differences(review)
    assert (found.what, found.key, found.is_now) == ("place", f"record {record.pk}", "None")
    rebuilding.rebuild(review)
    assert _named(review) == []
    assert Record.objects.get(pk=record.pk).seq == record.seq


def test_the_command_names_each_difference_and_writes_anew(review: Review, made: list[Report]) -> None:
    DuplicateKey.objects.filter(report=made[2]).update(key=7)
    said = StringIO()
    with pytest.raises(CommandError, match="1 projections differ"):
        call_command("rebuild_projections", check=True, stdout=said)
    assert said.getvalue().startswith(f"{review.slug}: duplicate keys report {made[2].pk} is 7, should be ")
    call_command("rebuild_projections", review=review.slug, stdout=StringIO())
    call_command("rebuild_projections", check=True, stdout=StringIO())
