"""Who works on a review, and who is asked to."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models.review import Review


class Role(models.TextChoices):
    LEAD = "lead", "Lead"
    REVIEWER = "reviewer", "Reviewer"
    STATISTICIAN = "statistician", "Statistician"
    OBSERVER = "observer", "Observer"


class Membership(models.Model):
    """A person's role in a review from one date on; ended, never deleted."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review", "user"], condition=models.Q(until__isnull=True), name="one_current_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.review_id}"


class Invitation(models.Model):
    """An open door for one person; its link signs (id, nonce), so a new nonce closes the old link."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role)
    nonce = models.CharField(max_length=43)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="invitation_accepted_by_and_at",
                condition=models.Q(accepted_by__isnull=True, accepted_at__isnull=True)
                | models.Q(accepted_by__isnull=False, accepted_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.review_id}"
