"""What the votes add up to: projections, rebuilt from the facts at any time."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models import ExclusionReason, Report, Review
from screening.models.stage import Stage


class ScreeningOutcome(models.TextChoices):
    OPEN = "open", "Awaiting votes"
    CONFLICT = "conflict", "In conflict"
    INCLUDED = "included", "Included"
    EXCLUDED = "excluded", "Excluded"
    ABSORBED = "absorbed", "Merged into another report, or no longer at this stage"


class RetrievalState(models.TextChoices):
    NONE = "", "Not asked for"
    WANTED = "wanted", "Wanted"
    REQUESTED = "requested", "Requested"
    RETRIEVED = "retrieved", "Retrieved"
    NOT_RETRIEVED = "not_retrieved", "Not retrieved"


class ScreeningState(models.Model):
    """Where one report stands at one stage; the row that a vote locks."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="screening_states")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="states")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="screening_states")
    state = models.CharField(max_length=8, choices=ScreeningOutcome, default=ScreeningOutcome.OPEN)
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    votes = models.PositiveSmallIntegerField(default=0)
    retrieval = models.CharField(
        max_length=13, choices=RetrievalState, default=RetrievalState.NONE, blank=True
    )
    order_key = models.BigIntegerField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "report"], name="one_state_a_stage")]
        indexes = [
            models.Index(
                fields=["stage", "order_key", "id"], name="state_open", condition=models.Q(state="open")
            ),
            models.Index(fields=["stage", "state", "id"], name="state_list"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.state}"


class StageCount(models.Model):
    """How many reports stand in one state of one stage; moved by signed deltas, never recounted on a vote."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="counts")
    state = models.CharField(max_length=8, choices=ScreeningOutcome)
    n = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "state"], name="one_count_a_state")]

    def __str__(self) -> str:
        return f"{self.stage_id} {self.state}: {self.n}"


class Claim(models.Model):
    """An item handed to one reviewer for a while, so that no more people read it than votes are asked for."""

    state = models.ForeignKey(ScreeningState, on_delete=models.CASCADE, related_name="claims")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["state", "reviewer"], name="one_claim_a_reviewer")]
        indexes = [models.Index(fields=["reviewer", "until"], name="claims_of_reviewer")]

    def __str__(self) -> str:
        return f"{self.reviewer_id} holds {self.state_id}"
