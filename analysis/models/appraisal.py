"""Risk of bias: one numerical result, two blind assessors, one consensus."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from analysis.models.study import Comparison, Study, Timepoint
from reviews.models import Fact, Outcome


class EffectOfInterest(models.TextChoices):
    ASSIGNMENT = "assignment", "Assignment to intervention (intention to treat)"
    ADHERING = "adhering", "Adhering to intervention (per protocol)"


class AppraisedResult(models.Model):
    """What is appraised: trial x comparison x outcome x time point x numerical result, with one tool."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="appraised_results")
    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="appraised_results")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="appraised_results")
    timepoint = models.ForeignKey(Timepoint, on_delete=models.PROTECT, related_name="appraised_results")
    numerical_result = models.CharField(max_length=200, blank=True)
    tool = models.CharField(max_length=40)
    tool_version = models.CharField(max_length=20)
    effect = models.CharField(max_length=10, choices=EffectOfInterest, default=EffectOfInterest.ASSIGNMENT)
    deviations = models.JSONField(default=list, help_text="Deviations addressed, for the effect of adhering")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "outcome", "timepoint", "numerical_result", "tool", "effect"],
                name="one_appraised_result",
            )
        ]

    def __str__(self) -> str:
        return f"result of {self.study_id} on {self.outcome_id}"


class Appraisal(Fact):
    """One assessor began to appraise one result; answers and judgements hang on it."""

    unit = models.ForeignKey(AppraisedResult, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sources = models.JSONField(default=list, help_text="Sources consulted")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "person"], name="one_appraisal_a_person")]

    def __str__(self) -> str:
        return f"appraisal {self.pk}"


class Answer(Fact):
    """One answer to one signalling question; a change supersedes."""

    appraisal = models.ForeignKey(Appraisal, on_delete=models.PROTECT, related_name="+")
    question = models.CharField(max_length=8)
    code = models.CharField(max_length=4)
    support = models.TextField(blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appraisal", "question"],
                condition=models.Q(supersedes__isnull=True),
                name="one_first_answer",
            )
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Judgement(Fact):
    """What the algorithm proposed and what the assessor holds, for a domain or overall.

    An appraisal is submitted when it holds an overall judgement ("overall").
    """

    appraisal = models.ForeignKey(Appraisal, on_delete=models.PROTECT, related_name="+")
    domain = models.CharField(max_length=8, help_text='"D1" to "D5" or "overall"')
    proposed = models.CharField(max_length=14)
    rule_id = models.CharField(max_length=12)
    final = models.CharField(max_length=14)
    justification = models.TextField(blank=True)
    direction = models.CharField(max_length=20, blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appraisal", "domain"],
                condition=models.Q(supersedes__isnull=True),
                name="one_first_judgement",
            )
        ]

    def __str__(self) -> str:
        return f"judgement {self.pk}"


class Consensus(Fact):
    """The judgements that count for one result."""

    unit = models.ForeignKey(AppraisedResult, on_delete=models.PROTECT, related_name="consensuses")
    answers = models.JSONField(default=dict, help_text="question: code")
    judgements = models.JSONField(
        help_text="domain: {proposed, rule, final, justification}, with an entry for overall"
    )
    of_appraisals = models.JSONField(default=list)
    basis = models.CharField(max_length=9, help_text='"equal" or "resolved"')
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="superseded_by", null=True, blank=True
    )

    class Meta:
        verbose_name_plural = "consensuses"
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=models.Q(supersedes__isnull=True), name="one_first_consensus"
            )
        ]

    def __str__(self) -> str:
        return f"consensus {self.pk} on {self.unit_id}"
