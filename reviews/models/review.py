"""The review itself, and its counter of facts."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ReviewState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    OVERDUE = "overdue", "Overdue"
    RETIRED = "retired", "Retired"


class AdjudicationRule(models.TextChoices):
    """Who settles a conflict."""

    THIRD = "third", "A third person"
    LEAD = "lead", "The lead"
    CONSENSUS = "consensus", "Consensus of the voters"


class Review(models.Model):
    """One living systematic review; everything else belongs to one."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=ReviewState, default=ReviewState.DRAFT)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    screening_started_at = models.DateTimeField(null=True, blank=True)
    adjudication = models.CharField(max_length=10, choices=AdjudicationRule, default=AdjudicationRule.THIRD)
    is_public = models.BooleanField(default=False, help_text="Published versions can be read by anyone")
    notice = models.TextField(blank=True, help_text="What every reader of this review must know")

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class ReviewCounter(models.Model):
    """One row a review; its number orders the facts (taken last in each transaction)."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, primary_key=True, related_name="counter")
    n = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.review_id}: {self.n}"
