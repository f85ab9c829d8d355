"""Figures that workers drew, and the frozen states that the public reads."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models import Fact, Review


class Figure(models.Model):
    """A drawn figure, stored by what it shows (a hash of its data), plot, style and format."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="figures")
    data_hash = models.CharField(max_length=64)
    plot = models.CharField(max_length=20)
    style = models.CharField(max_length=20, default="light")
    format = models.CharField(max_length=4)
    content = models.BinaryField()
    drawn_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review", "data_hash", "plot", "style", "format"], name="one_figure"
            )
        ]

    def __str__(self) -> str:
        return f"{self.plot} {self.format} of {self.review_id}"


class Version(Fact):
    """One published state of the whole review: content, hash, number, change log."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="versions")
    number = models.CharField(max_length=20, help_text="major.minor.patch")
    content = models.JSONField(help_text="Everything that the report shows")
    sha256 = models.CharField(max_length=64)
    change_log = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    searched_through = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["review", "number"], name="one_version_of_review")]

    def __str__(self) -> str:
        return f"{self.review_id} {self.number}"
