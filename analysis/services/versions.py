"""Publishing: the whole review frozen under a number, for the public to read."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F

from analysis.models import Spec, Version
from analysis.selectors import flow, report
from analysis.version_changes import change_log, next_number
from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError
from reviews.models import Review, User
from reviews.prisma import identities


class StillComputing(DomainError):
    code = "still_computing"
    sentence = "{names} is not up to date yet. Wait for it, or publish what it shows now."


class NothingNew(DomainError):
    code = "nothing_new"
    sentence = "Version {number} says all that the review holds now; there is nothing new to publish."


class FlowDoesNotAddUp(DomainError):
    code = "flow_does_not_add_up"
    sentence = "The PRISMA flow does not add up, so nothing is published: {fault}."


class NotStarted(DomainError):
    code = "screening_not_started"
    sentence = "A review is published once its screening has started."


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be published now, and what that changes. `stale`: analyses that are being recomputed."""

    number: str
    content: dict[str, Any]
    sha256: str
    changes: dict[str, Any]
    before: Version | None
    stale: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        return self.before is None or self.before.sha256 != self.sha256


def draft(review: Review) -> Draft:
    """The report as it would be published now; nothing is written."""
    content = report.content_of(review)
    before = report.latest(review)
    old = before.content if before else None
    return Draft(
        number=next_number(before.number if before else None, old, content),
        content=content,
        sha256=report.content_hash(content),
        changes=change_log(
            old,
            content,
            flows=(flow.from_values(old["flow"]) if old else None, flow.from_values(content["flow"])),
        ),
        before=before,
        stale=tuple(
            Spec.objects.filter(
                review=review, retired_at__isnull=True, done_rev__lt=F("wanted_rev")
            ).values_list("name", flat=True)
        ),
    )


@transaction.atomic
def publish(*, by: User, review: Review, note: str = "", despite_stale: bool = False) -> Version:
    """Freeze the review as it is now. Emits version.published.

    Refuses: a person without the right, screening not started, analyses that are being recomputed (unless
    `despite_stale`), a flow that does not add up, a state that the last version shows already.
    """
    locked = Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    require(by, locked, Right.MANAGE)
    if locked.screening_started_at is None:
        raise NotStarted
    found = draft(locked)
    if found.stale and not despite_stale:
        raise StillComputing(names=", ".join(found.stale))
    faults = [item for item in identities(flow.from_values(found.content["flow"])) if item.severity == "E"]
    if faults:
        raise FlowDoesNotAddUp(fault=faults[0].message)
    if not found.is_new:
        assert found.before is not None
        raise NothingNew(number=found.before.number)
    through = found.content["searched_through"]
    seq = sequence.take(locked.pk)
    version = Version.objects.create(
        review=locked,
        number=found.number,
        content=found.content,
        sha256=found.sha256,
        change_log=found.changes,
        note=note.strip(),
        searched_through=date.fromisoformat(through) if through else None,
        by=by,
        seq=seq,
    )
    audit.record(
        by=by,
        verb="version.published",
        target=version,
        review_id=locked.pk,
        seq=seq,
        new={"number": version.number, "sha256": version.sha256},
    )
    events.emit("version.published", review_id=locked.pk, version=version.pk)
    return version
