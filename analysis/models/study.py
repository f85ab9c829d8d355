"""Studies, the reports that tell of them, and what they are made of."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from reviews.models import ExclusionReason, Fact, Report, Review


class Design(models.TextChoices):
    PARALLEL_RCT = "parallel_rct", "Randomised, parallel groups"
    CLUSTER_RCT = "cluster_rct", "Randomised, clusters"
    CROSSOVER_RCT = "crossover_rct", "Randomised, crossover"
    NON_RANDOMISED = "non_randomised", "Non-randomised, with a comparison"
    SINGLE_ARM = "single_arm", "Single arm"
    UNCLEAR = "unclear", "Not stated yet"


class Eligibility(models.TextChoices):
    INCLUDED = "included", "Included"
    EXCLUDED = "excluded", "Excluded"
    ONGOING = "ongoing", "Ongoing"
    AWAITING = "awaiting", "Awaiting classification"


class Study(models.Model):
    """One investigation with one or more reports. `eligibility` is the head of its StudyEligibility facts."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="studies")
    label = models.CharField(max_length=120)
    design = models.CharField(max_length=14, choices=Design, default=Design.UNCLEAR)
    eligibility = models.CharField(max_length=8, choices=Eligibility, default=Eligibility.AWAITING)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name_plural = "studies"
        indexes = [models.Index(fields=["review", "eligibility", "label"], name="study_list")]

    def __str__(self) -> str:
        return self.label


class LinkKind(models.TextChoices):
    LINKED = "linked", "Linked"
    UNLINKED = "unlinked", "Unlinked"


class StudyLink(Fact):
    """A report was said to tell of a study, or no longer to."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="links")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=LinkKind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    def __str__(self) -> str:
        return f"{self.report_id} {self.kind} {self.study_id}"


class StudyReport(models.Model):
    """Projection of StudyLink: the study that a report tells of now."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="study_report")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="study_reports")

    def __str__(self) -> str:
        return f"{self.report_id} of {self.study_id}"


class StudyEligibility(Fact):
    """A verdict on the study itself. Setting one report aside never moves it."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="eligibilities")
    verdict = models.CharField(max_length=8, choices=Eligibility)
    basis = models.CharField(max_length=20, help_text='"screening" or "person"')
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    def __str__(self) -> str:
        return f"{self.study_id} {self.verdict}"


class Overlap(models.TextChoices):
    FULL = "full", "The same participants"
    PART = "part", "Some of the same participants"
    UNCLEAR = "unclear", "Unclear"


class MaySharePopulation(models.Model):
    """Two studies that may count the same people twice: shown wherever both contribute."""

    first = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    extent = models.CharField(max_length=7, choices=Overlap)
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_overlap_a_pair"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="overlap_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class ArmRole(models.TextChoices):
    SINGLE = "single", "The only arm"
    EXPERIMENTAL = "experimental", "Experimental"
    COMPARATOR = "comparator", "Comparator"


class Arm(models.Model):
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="arms")
    label = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=ArmRole)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "label"], name="one_arm_a_label")]

    def __str__(self) -> str:
        return self.label


class Comparison(models.Model):
    """Two arms of one study that are set against each other."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="comparisons")
    experimental = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="+")
    comparator = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "experimental", "comparator"], name="one_comparison"),
            models.CheckConstraint(
                condition=~models.Q(experimental=models.F("comparator")), name="comparison_of_two_arms"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experimental_id} against {self.comparator_id}"


class Timepoint(models.Model):
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="timepoints")
    label = models.CharField(max_length=80, default="as reported")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "label"], name="one_timepoint_a_label")]

    def __str__(self) -> str:
        return self.label


class PopulationKind(models.TextChoices):
    ENROLLED = "enrolled", "Enrolled"
    TREATED = "treated", "Treated"
    EVALUABLE = "evaluable", "Evaluable"
    RESPONDERS = "responders", "Responders"


class AnalysisPopulation(models.Model):
    """Whom a result counts."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="populations")
    kind = models.CharField(max_length=10, choices=PopulationKind, default=PopulationKind.TREATED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "kind"], name="one_population_a_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()
