"""Votes and the settling of conflicts: facts. Read them through screening.selectors only."""

from django.conf import settings
from django.db import models

from reviews.models import ExclusionReason, Fact, Report
from screening.models.stage import Stage


class Verdict(models.TextChoices):
    INCLUDE = "include", "Include"
    MAYBE = "maybe", "Maybe"
    EXCLUDE = "exclude", "Exclude"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Decision(Fact):
    """One reviewer's vote on one report. Round 0 is practice and never counts.

    A change of mind names the vote that it supersedes, so each reviewer has one chain with one head.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=9, choices=Verdict)
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.TextField(blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    shown = models.JSONField(default=list, help_text="Ids of the merged reports that the voter saw as one")
    rule_version = models.PositiveIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "stage", "round", "reviewer"],
                condition=models.Q(supersedes__isnull=True),
                name="one_first_vote_a_reviewer",
            )
        ]
        # By seq and not by id alone: there the primary key read backwards looks as cheap to PostgreSQL, and
        # then passes over every later vote of the install.
        indexes = [models.Index(fields=["stage", "reviewer", "-seq", "-id"], name="votes_of_reviewer")]

    def __str__(self) -> str:
        return f"decision {self.pk} on {self.report_id}"


class AdjudicationKind(models.TextChoices):
    THIRD = "third", "Third person"
    LEAD = "lead", "Lead"
    CONSENSUS = "consensus", "Consensus"


class Adjudication(Fact):
    """How a conflict was settled, over which votes. It stands only while those votes do.

    A judgement made blind, before the votes were seen, is one that nobody stands behind yet.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=AdjudicationKind)
    verdict = models.CharField(max_length=9, choices=Verdict)
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.TextField(blank=True)
    over = models.JSONField(default=list, help_text="Ids of the decisions that it settles")
    agreed_by = models.JSONField(
        default=list, help_text="Ids of the people who stand behind it; it settles nothing before all do"
    )
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "stage"],
                condition=models.Q(supersedes__isnull=True),
                name="one_first_adjudication",
            )
        ]

    def __str__(self) -> str:
        return f"adjudication {self.pk} on {self.report_id}"
