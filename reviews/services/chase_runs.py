"""A chase of citations: one service, one way, one seed after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from django.utils import timezone

from reviews.connectors import Chaser, KeyRefused, Page, Seed, ServiceError
from reviews.formats import ParsedRecord, RowProblem
from reviews.models import Citation, CitationDirection, Report, SearchRun
from reviews.remote import HttpxTransport
from reviews.services import clients
from reviews.services.bundles import Bundle, read_list
from reviews.services.citation_plans import DIRECTIONS, SEEDS, Plan, plan_of
from reviews.services.citation_services import chasers
from reviews.services.identities import Identities

# What is cited more often than this is a method, and its citations are no way to find studies.
MOST_LINKS = 20_000


def from_citations(run: SearchRun) -> Iterator[Bundle]:
    """Carry the chase out from its checkpoint on."""
    with HttpxTransport(clients.TIMEOUT_SECONDS) as transport:
        plan = plan_of(run.source)
        yield from _Chase(run, plan, chasers(run=run, names=plan.through, transport=transport)).bundles()


class _Chase:
    """One service, one way, one seed after the other; the checkpoint counts these steps."""

    def __init__(self, run: SearchRun, plan: Plan, services: dict[str, Chaser]) -> None:
        self._run = run
        self._services = services
        self._seeds: list[int] = read_list(run, SEEDS)
        self._reports = Report.objects.filter(review_id=run.review_id).in_bulk(self._seeds)
        self._steps = list(product(services, DIRECTIONS[plan.direction], self._seeds))
        self._refused: list[str] = list(run.checkpoint.get("refused", []))
        self._known: set[int] = set(run.checkpoint.get("known", []))
        self._warnings: list[str] = list(run.warnings)
        self._identities = Identities(run)

    def bundles(self) -> Iterator[Bundle]:
        start = int(self._run.checkpoint.get("step", 0))
        if start > len(self._steps):
            return  # the last batch is here: it is only to be completed
        today = timezone.localdate()
        yield Bundle(
            checkpoint=self._at(start),
            run_fields={"searched_on": today, "window_to": today, "warnings": self._warnings},
        )
        for step in range(start, len(self._steps)):
            yield from self._step(step)
        if set(self._refused) == set(self._services):
            raise ServiceError(self._warnings[-1])
        yield Bundle(
            problems=tuple(self._unknown()),
            checkpoint=self._at(len(self._steps) + 1),
            run_fields={"found": self._identities.found},
        )

    def _step(self, step: int) -> Iterator[Bundle]:
        name, direction, seed = self._steps[step]
        if name in self._refused:
            return
        try:
            links = 0
            for page in self._pages(self._services[name], direction, seed):
                yield self._bundle(name, direction, seed, page, checkpoint=self._at(step))
                links += len(page.records)
                if links >= MOST_LINKS:
                    self._warnings.append(
                        f"Only the first {links} links of “{self._reports[seed].title[:80]}” were followed."
                    )
                    break
        except KeyRefused as refusal:
            # Without its key one service is out of reach; what the others know is worth having, and said.
            self._refused.append(name)
            self._warnings.append(str(refusal))
        yield Bundle(checkpoint=self._at(step + 1), run_fields={"warnings": self._warnings})

    def _pages(self, service: Chaser, direction: CitationDirection, seed: int) -> Iterator[Page]:
        report = self._reports[seed]
        place = Seed(doi=report.doi, pmid=report.pmid)
        if not place.doi and not place.pmid:
            return
        backward = direction == CitationDirection.BACKWARD
        pages = service.references(place) if backward else service.citations(place)
        if pages is not None:
            self._known.add(seed)
            yield from pages

    def _bundle(
        self,
        service: str,
        direction: CitationDirection,
        seed: int,
        page: Page,
        *,
        checkpoint: dict[str, Any],
    ) -> Bundle:
        """Sort a page into what is new here, what the source held, and what this run has already."""
        sorted_out = self._identities.sort(
            [replace(record, external_id=_name(service, record)) for record in page.records]
        )
        links = sorted_out.names
        return Bundle(
            records=sorted_out.fetched,
            seen=sorted_out.seen,
            problems=page.problems,
            checkpoint=checkpoint,
            then=lambda: self._link(links, seed, direction),
        )

    def _link(self, names: Sequence[str], seed: int, direction: CitationDirection) -> None:
        """Note from where each record was reached, once."""
        Citation.objects.bulk_create(
            [
                Citation(record_id=record, seed_id=seed, direction=direction, run=self._run)
                for record in self._identities.records(names)
            ],
            ignore_conflicts=True,
        )

    def _unknown(self) -> Iterator[RowProblem]:
        """Seeds from which nothing could be followed, by their place among the seeds."""
        for row, seed in enumerate(self._seeds, start=1):
            report = self._reports[seed]
            if not report.doi and not report.pmid:
                yield RowProblem(row=row, code="seed_without_identifier", detail=report.title)
            elif seed not in self._known:
                yield RowProblem(row=row, code="seed_not_known", detail=report.title)

    def _at(self, step: int) -> dict[str, Any]:
        return {"step": step, "known": sorted(self._known), "refused": self._refused}


def _name(service: str, record: ParsedRecord) -> str:
    return f"{service}:{record.external_id}"
