"""Records as they came, and the reports they are copies of."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models.base import Fact
from reviews.models.review import Review
from reviews.models.source import SearchRun, Source


class Bibliographic(models.Model):
    """What a reference list says of one publication."""

    title = models.TextField()
    abstract = models.TextField(blank=True)
    authors = models.JSONField(default=list, help_text='List of "Family, Given"')
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    journal = models.TextField(blank=True)
    volume = models.CharField(max_length=80, blank=True)
    issue = models.CharField(max_length=80, blank=True)
    pages = models.CharField(max_length=120, blank=True)
    doi = models.CharField(max_length=255, blank=True)
    pmid = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=40, blank=True)
    publication_types = models.JSONField(default=list)
    keywords = models.JSONField(default=list)
    url = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title[:80]


class Record(Bibliographic):
    """One hit of one search or import, as it came. `seq` is empty until its run is complete."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="records")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records")
    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="records")
    external_id = models.CharField(max_length=120, blank=True)
    content_hash = models.CharField(max_length=64)
    revises = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="revised_by", null=True, blank=True
    )
    row = models.PositiveIntegerField(default=0)
    raw = models.BinaryField(help_text="The source's own text, gzip")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    seq = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id", "content_hash"], name="one_record_a_content"
            )
        ]
        indexes = [
            models.Index(fields=["review", "seq"], name="record_order"),
            models.Index(fields=["review", "pmid"], name="record_pmid", condition=~models.Q(pmid="")),
            models.Index(fields=["review", "doi"], name="record_doi", condition=~models.Q(doi="")),
        ]


class Sighting(Fact):
    """A record found again by a later run."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="sightings")
    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="sightings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "run"], name="one_sighting_a_run")]

    def __str__(self) -> str:
        return f"{self.record_id} in {self.run_id}"


class Look(Fact):
    """The run came upon this version by looking at what is held: its search had not found it.

    It counts while a search that found the record, in whichever version, stands.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="looks", db_index=False)
    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "run"], name="one_look_a_run")]

    def __str__(self) -> str:
        return f"{self.record_id} by {self.run_id}"


class NoticeKind(models.TextChoices):
    RETRACTED = "retracted", "Retracted"
    CONCERN = "concern", "Expression of concern"
    CORRECTED = "corrected", "Corrected"
    VANISHED = "vanished", "No longer found by the query"
    RETURNED = "returned", "Found by the query again"
    WITHDRAWN = "withdrawn", "Taken out of the database"


class RecordNotice(Fact):
    """Something that the source said of a record after it came: the record itself stays as it is."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="record_notices")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="notices")
    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=NoticeKind)
    detail = models.TextField(blank=True, help_text="Such as the PMID of the notice")

    class Meta:
        indexes = [models.Index(fields=["review", "kind", "-id"], name="notice_of_review")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.record_id}"


class NoticeAnswer(Fact):
    """A person has seen a notice and says what follows from it; until then it stands as a task."""

    notice = models.OneToOneField(RecordNotice, on_delete=models.PROTECT, related_name="answer")
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.notice_id} seen by {self.by_id}"


class CitationDirection(models.TextChoices):
    BACKWARD = "backward", "Cited by the seed"
    FORWARD = "forward", "Citing the seed"


class Report(Bibliographic):
    """One publication: what is screened. A projection of its records and of the merge events."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="reports")
    canonical = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="absorbed",
        null=True,
        blank=True,
        help_text="The report that this one was merged into; empty: it stands for itself",
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["review", "id"], name="report_standing", condition=models.Q(canonical__isnull=True)
            )
        ]


class RecordReport(models.Model):
    """Which report a record is a copy of, before any merge."""

    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="filed")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="filed")

    def __str__(self) -> str:
        return f"{self.record_id} in {self.report_id}"


class Citation(models.Model):
    """How citation chasing came to a record: from which publication, and which way."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="chased_from")
    seed = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=8, choices=CitationDirection)
    run = models.ForeignKey(SearchRun, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "seed", "direction"], name="one_citation_a_way")
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.seed_id} to {self.record_id}"
