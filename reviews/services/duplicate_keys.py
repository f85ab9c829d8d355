"""The keys under which a report is found when something like it comes: kept in the database, by report.

So what a run brings is compared with the few that share a key and nothing is loaded whole. Merged reports
keep their keys: whatever is like one of the copies is like the publication. Each is compared by what its own
records say, and not by what merges gave it: else it would matter which of the copies came first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby, islice
from operator import itemgetter

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from reviews.dedupe import MAX_BLOCK, Entry, entry, is_identifying, key_number, key_numbers, keys_of
from reviews.models import DuplicateKey, Record, Report
from reviews.services import bulk, richest

COMPARED = (
    "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid",
    "publication_types",
)  # fmt: skip
CHUNK = 1000
_COPY = "COPY {table} (review_id, report_id, key) FROM STDIN"


def counted(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Those with a record that counts: of a complete run, and not undone since."""
    records = Record.objects.filter(filed__report=OuterRef("pk"), seq__isnull=False)
    return reports.filter(Exists(records))


def entries(report_ids: Iterable[int]) -> Iterator[Entry]:
    """Reports in the normal form in which they are compared, by their ids."""
    ids = list(report_ids)
    own = richest.of_their_own(_merged(ids))
    found = Report.objects.filter(pk__in=ids).order_by("id").only("id", *COMPARED)
    for report in found.iterator(chunk_size=CHUNK):
        yield entry(report.pk, Report(**own[report.pk]) if report.pk in own else report)


def _merged(report_ids: list[int]) -> set[int]:
    """Those of the reports that others stand for, or that stand for others."""
    absorbed = Report.objects.filter(canonical__isnull=False)
    pairs = absorbed.filter(pk__in=report_ids).values_list("pk", flat=True)
    kept = absorbed.filter(canonical__in=report_ids).values_list("canonical_id", flat=True)
    return {pk for pk in (*pairs.order_by(), *kept.order_by()) if pk is not None}


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
    held = _held(keys)
    changed = {pk: numbers for pk, numbers in keys.items() if held[pk] != numbers}
    DuplicateKey.objects.filter(report__in=[pk for pk in changed if held[pk]]).delete()
    _insert([(review_id, pk, key) for pk, numbers in changed.items() for key in sorted(numbers)])


def _held(report_ids: Iterable[int]) -> dict[int, set[int]]:
    held: dict[int, set[int]] = defaultdict(set)
    rows = DuplicateKey.objects.filter(report__in=list(report_ids)).order_by("id")
    for report_id, key in rows.values_list("report_id", "key"):
        held[report_id].add(key)
    return held


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
    """After the records of reports changed, as by a revision: their keys follow."""
    write(review_id, entries(report_ids))


def rebuild(review_id: int) -> int:
    """Write the keys of every report of a review anew; returns how many reports there are."""
    done = 0
    for ids in _pages(review_id):
        refresh(review_id, ids)
        done += len(ids)
    return done


def outdated(review_id: int) -> Iterator[tuple[int, set[int], set[int]]]:
    """Reports whose keys are not those of what they say, with both.

    One without keys gets them before the next run is compared: until then nothing is wrong.
    """
    for ids in _pages(review_id):
        held = _held(ids)
        for item in entries(held):
            wanted = set(key_numbers(item))
            if held[item.key] != wanted:
                yield item.key, held[item.key], wanted


def _pages(review_id: int) -> Iterator[list[int]]:
    reports = Report.objects.filter(review=review_id).order_by("id").values_list("pk", flat=True)
    after = 0
    while ids := list(reports.filter(pk__gt=after)[:CHUNK]):
        yield ids
        after = ids[-1]


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
    sizes = _sizes(review_id, list(holders))
    blocks = [key for key, size in sizes if size > 1 and (size <= MAX_BLOCK or key in strong)]
    found: dict[int, set[int]] = defaultdict(set)
    for key, report_id in _first_of(review_id, blocks):
        for holder in holders[key]:
            if holder != report_id:
                found[holder].add(report_id)
    return found


def _sizes(review_id: int, keys: list[int]) -> Iterable[tuple[int, int]]:
    """How many reports have each of the keys, counted no further than needed."""
    if bulk.is_postgres():
        return _of_each(
            f"""
            SELECT wanted.key, count(*) FROM (
                SELECT 1 FROM {_table()} WHERE review_id = %s AND key = wanted.key LIMIT {MAX_BLOCK + 1}
            ) AS counted
            """,
            review_id,
            keys,
        )
    found = DuplicateKey.objects.filter(review_id=review_id, key__in=keys).order_by()
    return found.values_list("key").annotate(n=Count("pk"))


def _first_of(review_id: int, keys: list[int]) -> Iterable[tuple[int, int]]:
    """The first reports of each of the keys, at most MAX_BLOCK."""
    if bulk.is_postgres():
        return _of_each(
            f"""
            SELECT wanted.key, report_id FROM {_table()} WHERE review_id = %s AND key = wanted.key
            ORDER BY report_id LIMIT {MAX_BLOCK}
            """,
            review_id,
            keys,
        )
    found = DuplicateKey.objects.filter(review_id=review_id, key__in=keys).order_by("key", "report_id")
    groups = groupby(found.values_list("key", "report_id").iterator(chunk_size=10 * CHUNK), itemgetter(0))
    return chain.from_iterable(islice(group, MAX_BLOCK) for _, group in groups)


def _of_each(query: str, review_id: int, keys: list[int]) -> list[tuple[int, int]]:
    """What a query says of each key, by the index."""
    with connection.cursor() as cursor:
        cursor.execute(bulk.lateral("unnest(%s::bigint[]) AS wanted(key)", query), [keys, review_id])
        return list(cursor.fetchall())
