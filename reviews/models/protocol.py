"""What the team promised before it began, and every change since."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models.base import Fact
from reviews.models.review import Review


class Protocol(models.Model):
    """The working text; frozen copies of it are ProtocolVersions."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="protocol")
    question = models.TextField(blank=True)
    rationale = models.TextField(blank=True)
    synthesis_plan = models.TextField(blank=True)
    registry = models.CharField(max_length=60, blank=True)
    registration_id = models.CharField(max_length=60, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"protocol of {self.review_id}"


class CriterionSlot(models.TextChoices):
    POPULATION = "population", "Population"
    INTERVENTION = "intervention", "Intervention"
    COMPARATOR = "comparator", "Comparator"
    OUTCOME = "outcome", "Outcome"
    STUDY_DESIGN = "study_design", "Study design"
    OTHER = "other", "Other"


class CriterionKind(models.TextChoices):
    INCLUDE = "include", "Include"
    EXCLUDE = "exclude", "Exclude"


class Criterion(models.Model):
    """One eligibility criterion with a stable id; retired, never deleted."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="criteria")
    slot = models.CharField(max_length=14, choices=CriterionSlot)
    kind = models.CharField(max_length=8, choices=CriterionKind)
    text = models.TextField()
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text[:60]


class ReasonScope(models.TextChoices):
    """What an exclusion speaks of: the study's eligibility, or this report alone."""

    STUDY = "study", "The study is not eligible"
    REPORT = "report", "Only this report is set aside"


class ExclusionReason(models.Model):
    """One line of the PRISMA list of reasons, in the order in which they are tried."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="exclusion_reasons")
    label = models.CharField(max_length=120)
    scope = models.CharField(max_length=6, choices=ReasonScope, default=ReasonScope.STUDY)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["protocol", "label"], name="one_reason_a_label")]

    def __str__(self) -> str:
        return self.label


class OutcomeType(models.TextChoices):
    BINARY = "binary", "Events of total"
    CONTINUOUS = "continuous", "Mean and standard deviation"


class Measure(models.TextChoices):
    PR = "PR", "Proportion (raw)"
    PLN = "PLN", "Proportion (log)"
    PLO = "PLO", "Proportion (logit)"
    PAS = "PAS", "Proportion (arcsine)"
    PFT = "PFT", "Proportion (Freeman-Tukey double arcsine)"
    OR = "OR", "Odds ratio"
    RR = "RR", "Risk ratio"
    RD = "RD", "Risk difference"
    AS = "AS", "Arcsine difference"
    MD = "MD", "Mean difference"
    SMD = "SMD", "Standardised mean difference"
    SMDH = "SMDH", "Standardised mean difference (unequal variances)"
    ROM = "ROM", "Ratio of means"


CONTINUOUS_MEASURES = frozenset({Measure.MD, Measure.SMD, Measure.SMDH, Measure.ROM})


class Direction(models.TextChoices):
    HIGHER = "higher", "Higher is better"
    LOWER = "lower", "Lower is better"
    NEITHER = "neither", "Neither"


class Outcome(models.Model):
    """What is measured. Its place in the report follows `position`; `is_primary` gives the headline."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="outcomes")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=OutcomeType)
    measure = models.CharField(max_length=4, choices=Measure)
    direction = models.CharField(max_length=7, choices=Direction)
    definition = models.TextField(blank=True)
    unit = models.CharField(max_length=40, blank=True)
    is_primary = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["protocol", "name"], name="one_outcome_a_name")]

    def __str__(self) -> str:
        return self.name


class ProtocolVersion(Fact):
    """A frozen protocol: canonical JSON, numbered, hashed."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["protocol", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"version {self.number} of protocol {self.protocol_id}"

    @property
    def label(self) -> str:
        return f"Version {self.number}"


class Amendment(Fact):
    """Why one version gave way to the next, and how far the review was."""

    before = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    after = models.OneToOneField(ProtocolVersion, on_delete=models.PROTECT, related_name="amendment")
    changes = models.JSONField(help_text="List of {path, before, after}")
    reason = models.TextField()
    stage_reached = models.CharField(max_length=40)
    results_known = models.BooleanField()
    screen_again = models.JSONField(
        default=list, help_text="Stages whose decisions the change puts in question"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"amendment to {self.after_id}"
