"""What every act of a demonstration needs: the people, progress, and patience with the worker."""

import csv
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management.base import CommandError
from django.db.models import Sum

from analysis.models import Run
from analysis.services import runs
from reviews.models import Delivery, Report, Review, Role, RunState, SearchRun, Source, User
from reviews.services import imports, outbox, searches, team

HERE = Path(__file__).resolve().parent
PASSWORD_FILE = "demo_password"
# Without a sign of the worker. One that is starting, or that computes on a busy machine, needs less.
PATIENCE_SECONDS = 180.0
_PEOPLE = {
    "lead": ("Lead", Role.LEAD),
    "reviewer-a": ("Reviewer A", Role.REVIEWER),
    "reviewer-b": ("Reviewer B", Role.REVIEWER),
    "statistician": ("Statistician", Role.STATISTICIAN),
    "observer": ("Observer", Role.OBSERVER),
}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the files beside this module."""
    with (HERE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def password() -> str:
    """The password of all demonstration accounts: made once for this install, readable by its owner only."""
    path = settings.VAR_DIR / PASSWORD_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def people() -> dict[str, User]:
    """The accounts by role, made where they are missing."""
    found = {}
    for key, (name, _) in _PEOPLE.items():
        email = f"{key}@example.org"
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, password(), name=name)
        EmailAddress.objects.get_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
        found[key] = user
    return found


@dataclass
class Stage:
    """One run of the command."""

    say: Callable[[str], None]
    drains: bool = False
    people: dict[str, User] = field(default_factory=dict)

    @property
    def lead(self) -> User:
        return self.people["lead"]

    @property
    def pair(self) -> tuple[User, User]:
        return self.people["reviewer-a"], self.people["reviewer-b"]

    def gather(self, review: Review) -> None:
        """Make the whole team members of a review."""
        for key, (_, role) in _PEOPLE.items():
            person = self.people[key]
            if not review.memberships.filter(user=person, until__isnull=True).exists():
                team.add_member(by=self.lead, review=review, user=person, role=role)

    def wait(self, what: str, is_done: Callable[[], bool]) -> None:
        """Until the worker has done its part; without a worker (`drains`) do that part here.

        A slow worker is waited for as long as it gets on; one that does nothing is an error.
        """
        deadline, seen = time.monotonic() + PATIENCE_SECONDS, _work_done()
        while not is_done():
            if self.drains:
                self.drain()
                if is_done():
                    return
            if time.monotonic() > deadline:
                if (done := _work_done()) == seen:
                    raise CommandError(
                        f"Waited {PATIENCE_SECONDS:.0f} s for the worker: {what}. "
                        "Start it (manage.py up), or run this command with --drain."
                    )
                deadline, seen = time.monotonic() + PATIENCE_SECONDS, done
            time.sleep(0.1)

    def drain(self) -> None:
        """What a worker and the sweep would do, once."""
        for run_id in SearchRun.objects.filter(state=RunState.QUEUED).values_list("pk", flat=True):
            searches.execute(run_id)
        outbox.relay()
        runs.recompute_stale()
        outbox.relay()

    def import_file(self, review: Review, source: Source, name: str) -> None:
        """Import one of our files once, and wait until its records count and duplicates are merged."""
        complete = SearchRun.objects.filter(source=source, file_name=name, state=RunState.COMPLETE)
        pending = SearchRun.objects.filter(source=source, file_name=name).exclude(state=RunState.FAILED)
        if not pending.exists():
            imports.import_file(
                by=self.lead, source=source, name=name, file=ContentFile((HERE / name).read_bytes(), name)
            )
        self.wait(f"the import of {name}", complete.exists)
        self.settle(review)

    def settle(self, review: Review) -> None:
        """Wait until every change of the review has reached its handlers and every spec is fresh."""
        self.wait("the outbox to be delivered", lambda: not outbox.is_waiting(review.pk))


def _work_done() -> tuple[int, ...]:
    """What grows as a worker works, whether it succeeds or not."""
    tried = Delivery.objects.aggregate(n=Sum("attempts"))["n"] or 0
    received = SearchRun.objects.aggregate(n=Sum("received"))["n"] or 0
    return Delivery.objects.filter(delivered_at__isnull=False).count(), tried, received, Run.objects.count()


def reports_by_title(review: Review) -> dict[str, Report]:
    """The standing reports of a review by their title."""
    return {
        report.title: report
        for report in Report.objects.filter(review=review, canonical__isnull=True).select_related("review")
    }
