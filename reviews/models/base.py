"""What every fact shares."""

from django.db import models
from django.utils import timezone


class Fact(models.Model):
    """A row that is only ever added: triggers refuse UPDATE and DELETE (see reviews.facts)."""

    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    seq = models.PositiveBigIntegerField(editable=False, help_text="Place in the review's order of facts")

    class Meta:
        abstract = True
