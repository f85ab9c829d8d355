"""Looking through an uploaded file before it is imported: what would come in, and what would not."""

import logging
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from reviews.errors import DomainError
from reviews.formats import Columns, ParsedRecord, RowProblem, content_hash
from reviews.models import Record, RunProblem, RunState, SearchRun
from reviews.services import import_reading

logger = logging.getLogger(__name__)

INSPECT_TASK = "reviews.tasks.inspect_run"
MAX_ATTEMPTS = 5
SAMPLE = 10
EXAMPLES = 3
# One of these says what a row of a table is about.
ANCHORS = frozenset({"title", "doi", "pmid"})
_CELL_SHOWN = 120
_MEMBERS_SHOWN = 50
_BATCH = 1000
_TOLD_EVERY_SECONDS = 1.0
_SWEPT_AT_ONCE = 5
# Eight bytes each: enough that no two of a million records share them, and ten times smaller than the hash.
_SHORT = 16
_FILLED = ("title", "authors", "year", "abstract", "doi", "pmid")
_EXTERNAL_ID_LENGTH = int(Record._meta.get_field("external_id").max_length or 0)


class _Gone(Exception):
    """The file is not looked through any more: it was set aside, or another worker has it."""


def execute(run_id: int) -> bool:
    """Look through the file of a run that waits for it; False where another worker does."""
    token = _claim(run_id)
    if not token:
        return False
    run = SearchRun.objects.select_related("source").get(pk=run_id)
    attempts = int(run.checkpoint.get("looks", 0)) + 1
    if attempts > MAX_ATTEMPTS:
        _end(run, token, RunState.FAILED, error=f"Given up after {MAX_ATTEMPTS} attempts that did not end.")
        return True
    try:
        _hold(run, token, checkpoint={**run.checkpoint, "looks": attempts})
        RunProblem.objects.filter(run=run).delete()
        found = _look(run, token)
        values = {"inspection": found.values(), "found": found.records, "problems": found.faults}
        _end(run, token, RunState.READY, **values)
    except DomainError as error:
        _end(run, token, RunState.FAILED, error=str(error))
    except FileNotFoundError:
        # Whoever set it aside meanwhile has removed it; else the storage has lost it.
        if SearchRun.objects.filter(pk=run_id, state=RunState.INSPECTING, lease_token=token).exists():
            raise
        logger.info("the file of run %s was set aside", run_id)
        return False
    except _Gone:
        logger.info("run %s is not looked through any more", run_id)
        return False
    return True


def unfinished() -> list[int]:
    """Uploaded files that nobody looks through: their poke was lost, or their worker was killed."""
    now = timezone.now()
    waited = Q(lease_until__isnull=True, requested_at__lt=now - timedelta(seconds=settings.SWEEP_SECONDS))
    found = SearchRun.objects.filter(waited | Q(lease_until__lt=now), state=RunState.INSPECTING)
    return list(found.order_by("pk").values_list("pk", flat=True)[:_SWEPT_AT_ONCE])


def _claim(run_id: int) -> str:
    token, now = secrets.token_hex(16), timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    claimed = SearchRun.objects.filter(free, pk=run_id, state=RunState.INSPECTING).update(
        lease_token=token, lease_until=_lease_end(), started_at=Coalesce("started_at", Value(now))
    )
    return token if claimed else ""


def _lease_end() -> object:
    # Longer than the longest silence: a large workbook is unpacked before its first row comes.
    return timezone.now() + timedelta(seconds=4 * settings.LEASE_SECONDS)


def _hold(run: SearchRun, token: str, **fields: object) -> None:
    held = SearchRun.objects.filter(pk=run.pk, lease_token=token, state=RunState.INSPECTING)
    if not held.update(lease_until=_lease_end(), **fields):
        raise _Gone


@transaction.atomic
def _end(run: SearchRun, token: str, state: RunState, **fields: object) -> None:
    _hold(run, token, **fields)
    more = {"finished_at": timezone.now()} if state == RunState.FAILED else {}
    SearchRun.objects.filter(pk=run.pk).update(state=state, lease_token="", lease_until=None, **more)
    if state == RunState.FAILED:
        logger.warning("file of run %s refused: %s", run.pk, fields["error"])


def _look(run: SearchRun, token: str) -> "Found":
    found = Found(run, size=run.file.size)
    columns = import_reading.columns(run)
    if columns is not None:
        found.facts = _described(columns, run.mapping)
        if not found.is_mapped:
            return found
    told = time.monotonic()
    with import_reading.opened(run) as stream:
        reading = import_reading.items(run, stream)
        for item in reading:
            found.take(item)
            if time.monotonic() - told >= _TOLD_EVERY_SECONDS:
                told = time.monotonic()
                so_far = {"bytes": stream.taken, "size": found.size, "so_far": found.records}
                _hold(run, token, inspection=so_far)
    found.flush()
    found.facts |= {
        "format": reading.format,
        "container": reading.container,
        "members": reading.members[:_MEMBERS_SHOWN],
        "encoding": reading.encoding,
        "line_ends": reading.line_ends,
    }
    return found


def _described(columns: Columns, told: Mapping[str, int]) -> dict[str, Any]:
    """The columns as JSON: their names, what each holds, and what stands in the first rows."""
    mapping = dict(told) or columns.mapping
    fields = {index: name for name, index in mapping.items()}
    return {
        "needs_columns": not ANCHORS & set(mapping),
        "columns": [
            {
                "name": name[:_CELL_SHOWN] or f"Column {index + 1}",
                "field": fields.get(index, ""),
                "samples": [row[index][:_CELL_SHOWN] for row in columns.samples if index < len(row)][
                    :EXAMPLES
                ],
            }
            for index, name in enumerate(columns.header)
        ],
    }


@dataclass
class Found:
    """What an import would do, added up record by record; its memory grows by eight bytes a record."""

    run: SearchRun
    records: int = 0
    held: int = 0
    revised: int = 0
    repeats: int = 0
    elsewhere: int = 0
    size: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    _sample: list[dict[str, Any]] = field(default_factory=list)
    _filled: Counter[str] = field(default_factory=Counter)
    _kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    _examples: dict[tuple[str, bool], list[dict[str, Any]]] = field(default_factory=dict)
    _waiting: list[ParsedRecord] = field(default_factory=list)
    _problems: list[RowProblem] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    @property
    def faults(self) -> int:
        return sum(self._kinds.values())

    @property
    def is_mapped(self) -> bool:
        return not self.facts.get("needs_columns")

    def take(self, item: ParsedRecord | RowProblem) -> None:
        """Add one record or one problem."""
        if isinstance(item, RowProblem):
            self._take_problem(item)
        else:
            self.records += 1
            self._filled.update(name for name in _FILLED if getattr(item, name))
            if len(self._sample) < SAMPLE:
                self._sample.append(_shown(item))
            self._waiting.append(item)
        if len(self._waiting) >= _BATCH or len(self._problems) >= _BATCH:
            self.flush()

    def _take_problem(self, problem: RowProblem) -> None:
        kind = (problem.code, problem.kept)
        self._kinds[kind] += 1
        examples = self._examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append({"row": problem.row, "detail": problem.detail[:200]})
        self._problems.append(problem)

    def flush(self) -> None:
        """Compare what waits with what the review holds, and keep the problems as rows."""
        fresh = self._without_repeats()
        same, ids = _held(self.run.source_id, fresh)
        unknown = []
        for key, item in fresh.items():
            if key in same:
                self.held += 1
            elif key[0] and key[0] in ids:
                self.revised += 1
            else:
                unknown.append(item)
        self.elsewhere += _held_elsewhere(self.run.review_id, unknown)
        RunProblem.objects.bulk_create(
            RunProblem(
                run=self.run,
                row=problem.row,
                code=problem.code,
                detail=problem.detail[:2000],
                kept=problem.kept,
            )
            for problem in self._problems
        )
        self._waiting, self._problems = [], []

    def _without_repeats(self) -> dict[tuple[str, str], ParsedRecord]:
        fresh = {}
        for item in self._waiting:
            key = (item.external_id[:_EXTERNAL_ID_LENGTH], content_hash(item))
            short = int(key[1][:_SHORT], 16)
            if short in self._seen:
                self.repeats += 1
                detail = f"The same as an earlier row: {item.title[:120]}"
                self._take_problem(RowProblem(row=item.row, code="repeated", detail=detail, kept=True))
            else:
                self._seen.add(short)
                fresh[key] = item
        return fresh

    def values(self) -> dict[str, Any]:
        """As JSON, for the run and its page."""
        refused = sum(n for (_, kept), n in self._kinds.items() if not kept)
        return {
            **self.facts,
            "size": self.size,
            "records": self.records,
            "held": self.held,
            "revised": self.revised,
            "repeats": self.repeats,
            "new": self.records - self.held - self.revised - self.repeats,
            "elsewhere": self.elsewhere,
            "refused": refused,
            "filled": {name: self._filled[name] for name in _FILLED},
            "problems": [
                {"code": code, "kept": kept, "n": n, "examples": self._examples[code, kept]}
                for (code, kept), n in sorted(self._kinds.items(), key=lambda item: (item[0][1], -item[1]))
            ],
            "sample": self._sample,
        }


def _shown(item: ParsedRecord) -> dict[str, Any]:
    return {
        "row": item.row,
        "title": item.title[:300],
        "authors": "; ".join(item.authors[:3])[:200] + (" …" if len(item.authors) > 3 else ""),
        "year": item.year,
        "journal": item.journal[:120],
        "id": item.pmid or item.doi or item.external_id[:80],
        "abstract": bool(item.abstract),
    }


def _held(
    source_id: int, fresh: dict[tuple[str, str], ParsedRecord]
) -> tuple[set[tuple[str, str]], set[str]]:
    """Of these records, those that the source holds as they are, and the identifiers that it holds at all."""
    counted = Record.objects.filter(source_id=source_id, seq__isnull=False)
    ids = {external_id for external_id, _ in fresh if external_id}
    named = counted.filter(external_id__in=ids).values_list("external_id", "content_hash")
    same = set(named)
    held_ids = {external_id for external_id, _ in same}
    nameless = [digest for external_id, digest in fresh if not external_id]
    found = counted.filter(external_id="", content_hash__in=nameless)
    return same | {("", digest) for digest in found.values_list("content_hash", flat=True)}, held_ids


def _held_elsewhere(review_id: int, unknown: Iterable[ParsedRecord]) -> int:
    """How many of these another source brought already, by PMID or DOI: likely duplicates."""
    items = list(unknown)
    counted = Record.objects.filter(review_id=review_id, seq__isnull=False)
    pmids = {item.pmid for item in items if item.pmid}
    dois = {item.doi for item in items if item.doi}
    known = set(counted.filter(~Q(pmid=""), pmid__in=pmids).values_list("pmid", flat=True))
    known |= set(counted.filter(~Q(doi=""), doi__in=dois).values_list("doi", flat=True))
    return sum(bool(known & {item.pmid, item.doi} - {""}) for item in items)
