"""Compare what is kept beside the facts of searches and merges with those facts, and write it anew."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from reviews.models import MergeEvent, Report, Review
from reviews.selectors.counted import counts
from reviews.services import duplicate_keys, duplicates, merging, richest, standing, undoing

_CHUNK = 500
_SHOWN = 80  # letters of a field; abstracts are long


@dataclass(frozen=True, slots=True)
class Difference:
    """One projection that does not say what the facts say."""

    what: str
    key: str
    is_now: str
    should_be: str


def differences(review: Review) -> Iterator[Difference]:
    """Where records count, which reports stand for others, what they say, and the keys that find them."""
    for pk, seq, should in standing.misplaced(review.pk):
        yield Difference("place", f"record {pk}", str(seq), str(should))
    yield from _of_merges(review)
    for ids in _standing(review):
        yield from _of_fields(ids)
    yield from _of_keys(review)


def rebuild(review: Review) -> None:
    """Write all of it anew, in the order in which one follows from the other."""
    undoing.rebuild_places(review.pk)
    with transaction.atomic():
        merged = _merged(review)
        merging.lock(review.pk, merged)
        duplicates.rebuild_canonicals(merged)
    for ids in _standing(review):
        with transaction.atomic():
            merging.lock(review.pk, set(ids))
            richest.refresh_reports(ids)
    duplicate_keys.rebuild(review.pk)


def _merged(review: Review) -> set[int]:
    """Every report that was ever merged, or that says it is."""
    events = MergeEvent.objects.filter(review=review).order_by().values_list("kept_id", "absorbed_id")
    absorbed = Report.objects.filter(review=review, canonical__isnull=False)
    pairs = [*events, *absorbed.values_list("pk", "canonical_id")]
    return {pk for pair in pairs for pk in pair if pk is not None}


def _of_merges(review: Review) -> Iterator[Difference]:
    ids = _merged(review)
    should = duplicates.canonicals_of(ids)
    rows = Report.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "canonical_id")
    for pk, canonical in rows:
        if canonical != should[pk]:
            yield Difference("merged into", f"report {pk}", str(canonical), str(should[pk]))


def _standing(review: Review) -> Iterator[list[int]]:
    found = Report.objects.filter(counts(), review=review, canonical__isnull=True).order_by("pk")
    after = 0
    while ids := list(found.filter(pk__gt=after).values_list("pk", flat=True)[:_CHUNK]):
        yield ids
        after = ids[-1]


def _of_fields(report_ids: list[int]) -> Iterator[Difference]:
    for report, fields in richest.outdated(report_ids):
        for name, value in fields.items():
            if getattr(report, name) != value:
                is_now, should_be = (str(each)[:_SHOWN] for each in (getattr(report, name), value))
                yield Difference(name, f"report {report.pk}", is_now, should_be)


def _of_keys(review: Review) -> Iterator[Difference]:
    for pk, held, wanted in duplicate_keys.outdated(review.pk):
        yield Difference("duplicate keys", f"report {pk}", _numbers(held), _numbers(wanted))


def _numbers(keys: set[int]) -> str:
    return " ".join(str(key) for key in sorted(keys))
