"""Small makers of rows, through the services that people use wherever one exists."""

import gzip
import hashlib
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from reviews import events, sequence
from reviews.models import (
    Connector,
    CriterionKind,
    CriterionSlot,
    Direction,
    Measure,
    Membership,
    Outcome,
    OutcomeType,
    ReasonScope,
    Record,
    RecordReport,
    Report,
    Review,
    Role,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    SourceKind,
    User,
)
from reviews.services import protocols, reviews, team

_numbers = count(1)


def user(email: str = "", name: str = "", password: str | None = None) -> User:
    number = next(_numbers)
    return User.objects.create_user(
        email or f"person{number}@example.org", password, name=name or f"Person {number}"
    )


def review(lead: User, title: str = "") -> Review:
    return reviews.create(by=lead, title=title or f"Review {next(_numbers)}", question="Does it work?")


def member(of: Review, person: User, role: Role) -> Membership:
    lead = of.memberships.filter(role=Role.LEAD, until__isnull=True).select_related("user").first()
    assert lead is not None
    return team.add_member(by=lead.user, review=of, user=person, role=role)


def fill_protocol(of: Review) -> None:
    """The least that lets screening start: criterion, two reasons, a binary outcome, a file source."""
    by = of.created_by
    protocols.add_criterion(
        by=by, review=of, slot=CriterionSlot.POPULATION, kind=CriterionKind.INCLUDE, text="Adults"
    )
    protocols.add_reason(by=by, review=of, label="Wrong population", scope=ReasonScope.STUDY)
    protocols.add_reason(by=by, review=of, label="Wrong design", scope=ReasonScope.STUDY)
    protocols.add_reason(by=by, review=of, label="Duplicate report", scope=ReasonScope.REPORT)
    outcome(of, name="response")
    source(of)


def outcome(of: Review, name: str = "", measure: str = Measure.PLO, **values: Any) -> Outcome:
    values.setdefault(
        "type", OutcomeType.CONTINUOUS if measure in {Measure.MD, Measure.SMD} else OutcomeType.BINARY
    )
    values.setdefault("direction", Direction.HIGHER)
    return protocols.add_outcome(
        by=of.created_by,
        review=of,
        name=name or f"outcome {next(_numbers)}",
        measure=measure,
        reason="Needed by the test" if of.screening_started_at else "",
        **values,
    )


def source(of: Review, name: str = "", connector: str = Connector.FILE, **values: Any) -> Source:
    return protocols.add_source(
        by=of.created_by,
        review=of,
        name=name or f"Database {next(_numbers)}",
        kind=values.pop("kind", SourceKind.DATABASE),
        connector=connector,
        reason="Needed by the test" if of.screening_started_at else "",
        **values,
    )


def report(of: Review, title: str = "", **values: Any) -> Report:
    """One report with one record of its own, as a complete import leaves it."""
    return reports(of, 1, [title] if title else None, **values)[0]


def reports(of: Review, how_many: int, titles: list[str] | None = None, **values: Any) -> list[Report]:
    """Reports of one complete file import, each with its record; the import's event is in the outbox."""
    from_source = (
        values.pop("source", None) or Source.objects.filter(protocol__review=of).first() or source(of)
    )
    titles = titles or [f"Report {next(_numbers)}" for _ in range(how_many)]
    with transaction.atomic():
        run = SearchRun.objects.create(
            review=of,
            source=from_source,
            trigger=RunTrigger.FILE,
            state=RunState.COMPLETE,
            found=how_many,
            received=how_many,
            new=how_many,
            finished_at=timezone.now(),
        )
        made = [_filed(of, from_source, run, title, values) for title in titles]
        seq = sequence.take(of.pk)
        Record.objects.filter(run=run).update(seq=seq)
        SearchRun.objects.filter(pk=run.pk).update(seq=seq)
        events.emit("records.added", review_id=of.pk, run=run.pk)
    return made


def _filed(of: Review, from_source: Source, run: SearchRun, title: str, values: dict[str, Any]) -> Report:
    number = next(_numbers)
    fields: dict[str, Any] = {
        "title": title,
        "abstract": f"Background: {title}.",
        "authors": [f"Author{number}, A"],
        "year": 2020,
        "journal": "Journal of Tests",
        **values,
    }
    record = Record.objects.create(
        review=of,
        source=from_source,
        run=run,
        row=number,
        content_hash=hashlib.sha256(f"{title}{number}".encode()).hexdigest(),
        raw=gzip.compress(title.encode()),
        **fields,
    )
    filed = Report.objects.create(review=of, **fields)
    RecordReport.objects.create(record=record, report=filed)
    return filed
