"""Who did what, when. Ids only: it must not be a way round the blinding."""

from django.db import models

from reviews.models.base import Fact


class AuditEvent(Fact):
    """One act. No foreign keys, so that it outlives everything; for votes, answers and values only the id."""

    review_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.BigIntegerField()
    old = models.JSONField(null=True, blank=True)
    new = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["review_id", "-id"], name="audit_of_review")]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type} {self.target_id}"


class FeedEntry(models.Model):
    """One line of "what happened lately": a kind and the values its sentence names."""

    review_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    actor_id = models.BigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=120, help_text="Handlers may run twice; a line appears once")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review_id", "key"], name="one_feed_line_a_key")]
        indexes = [models.Index(fields=["review_id", "-id"], name="feed_of_review")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.review_id}"
