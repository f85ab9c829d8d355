"""What this app does when it is told of a change. Each may run twice."""

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from reviews import events
from reviews.models import Invitation, SearchRun
from reviews.services import finding, team, undoing

_STRETCH_SECONDS = 8.0


def mail_invitation(*, review_id: int, invitation: int) -> None:
    """Send the link while the invitation is open."""
    asked = (
        Invitation.objects.select_related("review", "invited_by")
        .filter(pk=invitation, review_id=review_id, accepted_at__isnull=True, revoked_at__isnull=True)
        .first()
    )
    if asked is None:
        return
    body = render_to_string("reviews/mail/invitation.txt", {"invitation": asked, "link": team.link(asked)})
    title = " ".join(asked.review.title.split())  # a subject is one line
    send_mail(f"Join the review “{title}”", body, None, [asked.email])


def ask_again(*, review_id: int, run: int) -> None:
    """A run may bring back a publication that an undone one took out: what waited for it comes back too."""
    undoing.follow_run(SearchRun.objects.defer("checkpoint").get(pk=run, review_id=review_id))
    undoing.follow_pairs(review_id=review_id)


def find_duplicates(*, review_id: int, run: int, after: int = 0) -> None:
    """Compare what a run brought with what is there, for some seconds, and tell itself of the rest.

    A large import is compared for minutes, which is longer than anybody may hold a delivery.
    """
    found = finding.find_some(review_id=review_id, run_id=run, after=after, seconds=_STRETCH_SECONDS)
    if found.after is not None:
        with transaction.atomic():
            events.emit("duplicates.waiting", review_id=review_id, run=run, after=found.after)


# Each merge is a transaction of its own; see reviews.services.outbox.
find_duplicates.manages_transactions = True  # type: ignore[attr-defined]  # functions take attributes


def compare_restored(*, review_id: int, run: int, **_: int) -> None:
    """What came while a run was out of the counts has not been compared with what it brings back."""
    find_duplicates(review_id=review_id, run=run)


compare_restored.manages_transactions = True  # type: ignore[attr-defined]  # as above
