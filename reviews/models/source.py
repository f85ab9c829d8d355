"""Where records come from, and each time that they came."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models.protocol import Protocol
from reviews.models.review import Review


class SourceKind(models.TextChoices):
    DATABASE = "database", "Database"
    REGISTER = "register", "Register"
    WEBSITE = "website", "Website"
    ORGANISATION = "organisation", "Organisation"
    CITATIONS = "citations", "Citation searching"


class Connector(models.TextChoices):
    """How records get here."""

    FILE = "file", "Imported from files"
    PUBMED = "pubmed", "Searched through Entrez"


class Source(models.Model):
    """One database, register or other source with its query; part of the protocol."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=SourceKind, default=SourceKind.DATABASE)
    connector = models.CharField(max_length=8, choices=Connector, default=Connector.FILE)
    query = models.TextField(blank=True)
    interval_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Searched again after so many days; empty: by hand only"
    )
    is_paused = models.BooleanField(default=False)
    next_run_at = models.DateTimeField(null=True, blank=True, db_index=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["protocol", "name"], name="one_source_a_name")]

    def __str__(self) -> str:
        return self.name


class RunTrigger(models.TextChoices):
    HAND = "hand", "By hand"
    SCHEDULE = "schedule", "On schedule"
    FILE = "file", "File import"


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Failed"


class SearchRun(models.Model):
    """One search or one file import. Its records count for nothing until it is complete."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="search_runs")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    trigger = models.CharField(max_length=8, choices=RunTrigger)
    state = models.CharField(max_length=8, choices=RunState, default=RunState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    searched_on = models.DateField(null=True, blank=True, help_text="The day the source was searched")
    query_sent = models.TextField(blank=True)
    translation = models.TextField(blank=True)
    warnings = models.JSONField(default=list)
    window_from = models.DateField(null=True, blank=True)
    window_to = models.DateField(null=True, blank=True)
    found = models.PositiveIntegerField(null=True, blank=True, help_text="Hits that the source announced")
    received = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)
    checkpoint = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    seq = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["review", "-id"], name="run_of_review"),
            models.Index(
                fields=["state", "lease_until"],
                name="run_unfinished",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.source_id}"


class RunProblem(models.Model):
    """One row of a file or reply that could not be taken, and why."""

    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="problem_rows")
    row = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["row", "id"]

    def __str__(self) -> str:
        return f"{self.run_id} row {self.row}: {self.code}"
