"""Changes on their way to those who must know."""

from django.db import models
from django.utils import timezone


class OutboxEvent(models.Model):
    """Written in the same transaction as the change that it tells of; ids only."""

    topic = models.CharField(max_length=60)
    review_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    relayed_at = models.DateTimeField(null=True, blank=True, help_text="When its deliveries were written")

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(relayed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.payload}"


class Delivery(models.Model):
    """One event for one handler, tried until it succeeds; a failing handler does not hold up the others."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="one_delivery_a_handler")]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="delivery_due",
                condition=models.Q(delivered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.handler}"
