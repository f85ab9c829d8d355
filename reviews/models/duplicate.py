"""Which reports are the same publication: the facts, and the questions still open."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models.base import Fact
from reviews.models.record import Report
from reviews.models.review import Review


class MergeKind(models.TextChoices):
    MERGE = "merge", "Merged"
    SPLIT = "split", "Split"


class BulkMerge(Fact):
    """Many merges of one act, or the undo of such an act."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="bulk_merges")
    threshold = models.FloatField(null=True, blank=True, help_text="Pairs at or above it were accepted")
    pairs = models.PositiveIntegerField(help_text="Questions that it answered")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="undone_by", null=True, blank=True
    )

    def __str__(self) -> str:
        return f"{self.pairs} pairs by {self.by_id}"


class MergeEvent(Fact):
    """Two reports became one, or one of them was taken out again; `by` is empty where a rule merged."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="merge_events")
    kind = models.CharField(max_length=5, choices=MergeKind)
    kept = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=60)
    evidence = models.JSONField(default=dict)
    score = models.FloatField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="undone_by", null=True, blank=True
    )
    bulk = models.ForeignKey(
        BulkMerge, on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )

    class Meta:
        indexes = [models.Index(fields=["review", "-seq"], name="merge_order")]

    def __str__(self) -> str:
        return f"{self.kind} {self.absorbed_id} into {self.kept_id}"


class SuggestionState(models.TextChoices):
    OPEN = "open", "Open"
    MERGED = "merged", "Merged"
    DISTINCT = "distinct", "Not duplicates"
    RELATED = "related", "Reports of one study"
    AWAY = "away", "One of the two is out of the counts"


class DuplicateSuggestion(models.Model):
    """A likeness too weak to act on: a question to a person."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="duplicate_suggestions")
    first = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=60)
    evidence = models.JSONField(default=dict)
    score = models.FloatField()
    state = models.CharField(max_length=8, choices=SuggestionState, default=SuggestionState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # What a merge or a relation put aside, so that its undo gives it back: who had said what, and when.
    state_before = models.CharField(max_length=8, choices=SuggestionState, blank=True)
    decided_by_before = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at_before = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_suggestion_a_pair"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="suggestion_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["review", "-score", "id"],
                name="suggestion_open",
                condition=models.Q(state="open"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class RelationKind(models.TextChoices):
    """What two publications are to each other that are not one; none of them is ever a merge."""

    SAME_STUDY = "same_study", "Report of the same study"
    ABSTRACT = "abstract", "Conference abstract of the article"
    PREPRINT = "preprint", "Preprint of the article"
    CORRECTION = "correction", "Correction or retraction notice of the article"
    COMMENT = "comment", "Comment, letter or reply on the article"


class ReportRelation(Fact):
    """Two publications belong together, or a person took that back. The first is the lesser of the two."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="report_relations")
    first = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=RelationKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="undone_by", null=True, blank=True
    )

    class Meta:
        indexes = [models.Index(fields=["review", "-seq"], name="relation_order")]

    def __str__(self) -> str:
        return f"{self.first_id} is {self.kind} of {self.second_id}"


class DuplicateKey(models.Model):
    """One key under which a report is found when something like it comes: a projection of its fields."""

    id = models.BigAutoField(primary_key=True)
    review_id = models.BigIntegerField()
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    key = models.BigIntegerField(help_text="The first 63 bits of a hash of the key's text")

    class Meta:
        indexes = [models.Index(fields=["review_id", "key"], name="duplicate_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.report_id}"
