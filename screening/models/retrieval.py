"""Getting hold of full texts."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models import Fact, Report, Review


class Attachment(models.Model):
    """A file that belongs to a report, such as its PDF."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="attachments")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="attachments")
    file = models.FileField(upload_to="fulltext/%Y/%m/")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class RetrievalKind(models.TextChoices):
    WANTED = "wanted", "Wanted"
    REQUESTED = "requested", "Requested"
    RETRIEVED = "retrieved", "Retrieved"
    NOT_RETRIEVED = "not_retrieved", "Not retrieved"


class Retrieval(Fact):
    """One step towards a full text; the latest is where the report stands."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=13, choices=RetrievalKind)
    reason = models.CharField(max_length=300, blank=True)
    attachment = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        indexes = [models.Index(fields=["report", "-id"], name="retrievals_of_report")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.kind}"
