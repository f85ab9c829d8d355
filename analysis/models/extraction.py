"""What studies say: as each extractor read it, and as the team agreed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from analysis.models.study import AnalysisPopulation, Arm, Study, Timepoint
from reviews.models import Fact, Outcome, Review


class FieldKind(models.TextChoices):
    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    CHOICE = "choice", "Choice"


class FormField(models.Model):
    """One characteristic of studies that the team extracts; a choice may divide studies into subgroups."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="form_fields")
    key = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=6, choices=FieldKind, default=FieldKind.TEXT)
    choices = models.JSONField(default=list)
    unit = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["review", "key"], name="one_field_a_key")]

    def __str__(self) -> str:
        return self.label


class DatumStatus(models.TextChoices):
    NOT_EXTRACTED = "not_extracted", "Not yet extracted"
    AGREED = "agreed", "Agreed"
    NOT_REPORTED = "not_reported", "Not reported"
    UNUSABLE = "unusable", "Reported but unusable"


class Datum(models.Model):
    """What one study says of one outcome: study x outcome x time point x arm x population x definition.

    `status` is a projection of the agreed values.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="data")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="data")
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="data")
    timepoint = models.ForeignKey(Timepoint, on_delete=models.PROTECT, related_name="data")
    population = models.ForeignKey(AnalysisPopulation, on_delete=models.PROTECT, related_name="data")
    definition = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=13, choices=DatumStatus, default=DatumStatus.NOT_EXTRACTED)
    status_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "data"
        constraints = [
            models.UniqueConstraint(
                fields=["study", "outcome", "arm", "timepoint", "population", "definition"],
                name="one_datum_a_key",
            )
        ]
        indexes = [models.Index(fields=["outcome", "status"], name="data_of_outcome")]

    def __str__(self) -> str:
        return f"{self.study_id} on {self.outcome_id}"


class Extraction(models.Model):
    """One person's reading of one study, blind to the other's until both are done."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="extractions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    form_version = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "person"], name="one_extraction_a_person")]

    def __str__(self) -> str:
        return f"{self.study_id} by {self.person_id}"


class Quantity(models.TextChoices):
    EVENTS = "events", "Events"
    TOTAL = "total", "Total"
    MEAN = "mean", "Mean"
    SD = "sd", "Standard deviation"
    N = "n", "Number analysed"
    FIELD = "field", "Characteristic"


class Reported(models.TextChoices):
    REPORTED = "reported", "Reported"
    NOT_REPORTED = "not_reported", "Not reported"
    UNUSABLE = "unusable", "Reported but unusable"


class ValueText(models.Model):
    """A value as the paper has it and as it is used, with the way from one to the other."""

    datum = models.ForeignKey(Datum, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    field = models.ForeignKey(FormField, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    quantity = models.CharField(max_length=6, choices=Quantity)
    reported = models.CharField(max_length=12, choices=Reported, default=Reported.REPORTED)
    as_reported = models.CharField(max_length=300, blank=True)
    as_used = models.CharField(max_length=300, blank=True, help_text="Number in full precision, or text")
    conversion = models.CharField(max_length=40, blank=True, help_text='Code such as "percent_of_total"')

    class Meta:
        abstract = True


class Value(ValueText, Fact):
    """One value as one extractor read it."""

    extraction = models.ForeignKey(Extraction, on_delete=models.PROTECT, related_name="+")
    quote = models.TextField(blank=True)
    page = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=120, blank=True, help_text='Such as "table 2"')
    note = models.TextField(blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(datum__isnull=False, field__isnull=True)
                | models.Q(datum__isnull=True, field__isnull=False),
                name="value_of_datum_or_field",
            )
        ]
        indexes = [models.Index(fields=["extraction", "datum", "field"], name="values_of_extraction")]

    def __str__(self) -> str:
        return f"value {self.pk}"


class Agreement(models.TextChoices):
    """How the agreed value came about."""

    EQUAL = "equal", "Both extractors read the same"
    RESOLVED = "resolved", "Settled between the extractors"
    CORRECTED = "corrected", "Corrected later"


class AgreedValue(ValueText, Fact):
    """The value that counts. A correction supersedes, never overwrites."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="agreed_values")
    basis = models.CharField(max_length=9, choices=Agreement)
    of_values = models.JSONField(default=list, help_text="Ids of the values compared")
    note = models.TextField(blank=True, help_text="Why, for a correction")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="superseded_by", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["datum", "quantity"],
                condition=models.Q(supersedes__isnull=True, datum__isnull=False),
                name="one_first_agreed_of_datum",
            ),
            models.UniqueConstraint(
                fields=["study", "field"],
                condition=models.Q(supersedes__isnull=True, field__isnull=False),
                name="one_first_agreed_of_field",
            ),
            models.CheckConstraint(
                condition=models.Q(datum__isnull=False, field__isnull=True)
                | models.Q(datum__isnull=True, field__isnull=False),
                name="agreed_of_datum_or_field",
            ),
        ]
        indexes = [models.Index(fields=["study", "datum"], name="agreed_of_study")]

    def __str__(self) -> str:
        return f"agreed value {self.pk}"
