"""The two stages of screening and how many votes each asks for."""

from django.conf import settings
from django.db import models

from reviews.models import Review


class StageName(models.TextChoices):
    TITLE_ABSTRACT = "title_abstract", "Title and abstract"
    FULL_TEXT = "full_text", "Full text"


class Stage(models.Model):
    """One stage of one review. `rule_version` and `order_version` grow when votes or order change."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="stages")
    name = models.CharField(max_length=14, choices=StageName)
    votes_required = models.PositiveSmallIntegerField(default=2)
    rule_version = models.PositiveIntegerField(default=1)
    order_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "name"], name="one_stage_a_name"),
            models.CheckConstraint(
                condition=models.Q(votes_required__gte=1, votes_required__lte=5), name="one_to_five_votes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.review_id}"


class ReviewerCursor(models.Model):
    """How far one reviewer has come in the stage's order; starts again when the order changes."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="cursors")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    order_version = models.PositiveIntegerField(default=1)
    position = models.BigIntegerField(default=-1, help_text="order_key of the last item passed")
    voted = models.PositiveIntegerField(default=0, help_text="Votes of this person that stand, for progress")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "reviewer"], name="one_cursor_a_reviewer")]

    def __str__(self) -> str:
        return f"{self.reviewer_id} at {self.position}"
