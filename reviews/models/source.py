"""Where records come from, and each time that they came."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models.base import Fact
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
    PUBMED = "pubmed", "PubMed, searched through Entrez"
    EUROPEPMC = "europepmc", "Europe PMC, searched through its API"
    OPENALEX = "openalex", "OpenAlex, searched through its API"
    CROSSREF = "crossref", "Crossref, searched through its API"
    CLINICALTRIALS = "clinicaltrials", "ClinicalTrials.gov, searched through its API"
    CITATIONS = "citations", "Citation chasing"
    HAND = "hand", "Entered by hand"


class Weekday(models.IntegerChoices):
    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class Source(models.Model):
    """One database, register or other source with its query; part of the protocol."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=SourceKind, default=SourceKind.DATABASE)
    vendor = models.CharField(
        max_length=40, blank=True, help_text="Key in the catalogue of known databases, for help with exports"
    )
    connector = models.CharField(max_length=16, choices=Connector, default=Connector.FILE)
    query = models.TextField(blank=True)
    options = models.JSONField(
        default=dict, blank=True, help_text="What only this connector knows, such as seeds and directions"
    )
    interval_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Searched again after so many days"
    )
    weekday = models.PositiveSmallIntegerField(
        null=True, blank=True, choices=Weekday, help_text="Searched each week on this day"
    )
    cron = models.CharField(max_length=100, blank=True, help_text="Searched when this cron expression says")
    hour = models.PositiveSmallIntegerField(
        default=3, help_text="Hour of the day at which a search by interval or weekday begins"
    )
    full_rerun_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=90,
        help_text="After so many days a search lists everything again, not only what is new; empty: never",
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

    @property
    def has_schedule(self) -> bool:
        return self.interval_days is not None or self.weekday is not None or bool(self.cron)


class RunTrigger(models.TextChoices):
    HAND = "hand", "By hand"
    SCHEDULE = "schedule", "On schedule"
    FILE = "file", "File import"


class RunMode(models.TextChoices):
    """How much of the source a run looks at."""

    FULL = "full", "Everything"
    UPDATE = "update", "What is new"
    SWEEP = "sweep", "What changed in the records held"


class RunState(models.TextChoices):
    INSPECTING = "inspecting", "Being looked through"
    READY = "ready", "Waiting for confirmation"
    DISCARDED = "discarded", "Not imported"
    UNDONE = "undone", "Undone"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Failed"


class SearchRun(models.Model):
    """One search or one file import. Its records count for nothing until it is complete."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="search_runs")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    trigger = models.CharField(max_length=8, choices=RunTrigger)
    mode = models.CharField(max_length=6, choices=RunMode, default=RunMode.FULL)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    searched_on = models.DateField(null=True, blank=True, help_text="The day the source was searched")
    query_sent = models.TextField(blank=True)
    limits = models.TextField(
        blank=True, help_text="Limits and filters of a search made elsewhere, such as language or years"
    )
    translation = models.TextField(blank=True)
    warnings = models.JSONField(default=list)
    window_from = models.DateField(null=True, blank=True)
    window_to = models.DateField(null=True, blank=True)
    found = models.PositiveIntegerField(null=True, blank=True, help_text="Hits that the source announced")
    received = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0, help_text="Held, and no longer found by the query")
    revised = models.PositiveIntegerField(default=0, help_text="Held, and changed at the source")
    retracted = models.PositiveIntegerField(default=0, help_text="Held, and retracted since")
    problems = models.PositiveIntegerField(default=0)
    checkpoint = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict, help_text="Columns of a table, as a person set them")
    inspection = models.JSONField(default=dict, help_text="What an import would do, before it does it")
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
                condition=models.Q(state__in=["inspecting", "queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.source_id}"


class RunList(models.Model):
    """A stretch of a list that a run works through, written once and dropped when the run has ended.

    In the run's checkpoint a hundred thousand identifiers would be written anew with each batch.
    """

    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="lists")
    name = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    items = models.JSONField()

    class Meta:
        ordering = ["run", "name", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "name", "number"], name="one_stretch_a_number")]

    def __str__(self) -> str:
        return f"{self.name} {self.number} of {self.run_id}"


class UndoKind(models.TextChoices):
    UNDONE = "undone", "Undone"
    RESTORED = "restored", "Restored"


class RunUndo(Fact):
    """An import was taken out of the counts, or put back; its records and its history stay."""

    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="undos")
    kind = models.CharField(max_length=8, choices=UndoKind)
    reason = models.TextField(blank=True)
    records = models.PositiveIntegerField(help_text="How many records left the counts, or came back")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.kind} of run {self.run_id}"


class UndoRequest(models.Model):
    """A run with many records is to be undone or restored: a worker does it, and drops this row with it.

    Until then the run stands as it was. `error` says why it cannot be; then the row waits for the next try.
    """

    run = models.OneToOneField(SearchRun, on_delete=models.PROTECT, related_name="undo_request")
    kind = models.CharField(max_length=8, choices=UndoKind)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.kind} of run {self.run_id}, asked for"


class RunProblem(models.Model):
    """One row of a file or reply that could not be taken, or only with a fault, and why."""

    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="problem_rows")
    row = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    kept = models.BooleanField(default=False, help_text="The record came in all the same")

    class Meta:
        ordering = ["row", "id"]

    def __str__(self) -> str:
        return f"{self.run_id} row {self.row}: {self.code}"
