"""The keys under which a report is found when something like it comes: kept in the database, by report.

So what a run brings is compared with the few that share a key and nothing is loaded whole. Merged reports
keep their keys: whatever is like one of the copies is like the publication.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from reviews.dedupe import MAX_BLOCK, Entry, entry, is_identifying, key_number, key_numbers, keys_of
from reviews.models import DuplicateKey, Record, Report

COMPARED = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "publication_types",
)  # fmt: skip
CHUNK = 1000
_COPY = "COPY {table} (review_id, report_id, key) FROM STDIN"


def counted(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Those with a record that counts: of a complete run, and not undone since."""
    records = Record.objects.filter(filed__report=OuterRef("pk"), seq__isnull=False)
    return reports.filter(Exists(records))


def entries(report_ids: Iterable[int]) -> Iterator[Entry]:
    """Reports in the normal form in which they are compared, by their ids."""
    found = Report.objects.filter(pk__in=list(report_ids)).order_by("id").only("id", *COMPARED)
    for report in found.iterator(chunk_size=CHUNK):
        yield entry(report.pk, report)


def without_keys(review_id: int) -> QuerySet[Report]:
    """Reports that nobody has given keys yet."""
    held = DuplicateKey.objects.filter(report=OuterRef("pk"))
    return Report.objects.filter(~Exists(held), review_id=review_id)


def write(review_id: int, items: Iterable[Entry]) -> None:
    """Give reports their keys, in place of those that they had."""
    remaining = iter(items)
    while chunk := list(islice(remaining, CHUNK)):
        _write_chunk(review_id, {item.key: set(key_numbers(item)) for item in chunk})


@transaction.atomic
def _write_chunk(review_id: int, keys: Mapping[int, set[int]]) -> None:
    # Two workers that give one report its keys at once must not give it them twice.
    list(Report.objects.select_for_update(no_key=True).filter(pk__in=list(keys)).order_by("pk").only("pk"))
    held: dict[int, set[int]] = defaultdict(set)
    rows = DuplicateKey.objects.filter(report__in=list(keys)).order_by("id").values_list("report_id", "key")
    for report_id, key in rows:
        held[report_id].add(key)
    changed = {pk: numbers for pk, numbers in keys.items() if held[pk] != numbers}
    DuplicateKey.objects.filter(report__in=[pk for pk in changed if held[pk]]).delete()
    _insert([(review_id, pk, key) for pk, numbers in changed.items() for key in sorted(numbers)])


def _insert(rows: list[tuple[int, int, int]]) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(_COPY.format(table=_table())) as copy:
            for row in rows:
                copy.write_row(row)
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_table()} (review_id, report_id, key) VALUES (%s, %s, %s)",
            rows,
        )


def _table() -> str:
    return str(DuplicateKey._meta.db_table)


def refresh(review_id: int, report_ids: Iterable[int]) -> None:
    """After the fields of reports changed, as by a merge: their keys follow."""
    write(review_id, entries(report_ids))


def rebuild(review_id: int) -> int:
    """Write the keys of every report of a review anew; returns how many reports there are."""
    ids = list(Report.objects.filter(review_id=review_id).order_by("id").values_list("pk", flat=True))
    refresh(review_id, ids)
    return len(ids)


def partners(review_id: int, items: Iterable[Entry]) -> dict[int, set[int]]:
    """For each entry the reports that share a key with it, itself left out.

    A key that many share tells nothing and is passed over; of an identifier that many share, the first count.
    """
    holders: dict[int, list[int]] = defaultdict(list)
    strong: set[int] = set()
    for item in items:
        for text in keys_of(item):
            number = key_number(text)
            holders[number].append(item.key)
            if is_identifying(text):
                strong.add(number)
    blocks = _blocks(review_id, holders, strong)
    found: dict[int, set[int]] = defaultdict(set)
    taken: Counter[int] = Counter()
    shared = DuplicateKey.objects.filter(review_id=review_id, key__in=blocks).order_by("key", "report_id")
    for key, report_id in shared.values_list("key", "report_id").iterator(chunk_size=10 * CHUNK):
        taken[key] += 1
        if taken[key] > MAX_BLOCK:
            continue
        for holder in holders[key]:
            if holder != report_id:
                found[holder].add(report_id)
    return found


def _blocks(review_id: int, keys: Iterable[int], strong: set[int]) -> list[int]:
    """Keys that more than one report has, and not too many, unless they identify."""
    sizes = (
        DuplicateKey.objects.filter(review_id=review_id, key__in=list(keys))
        .order_by()
        .values_list("key")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    return [key for key, n in sizes if n <= MAX_BLOCK or key in strong]
