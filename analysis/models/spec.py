"""How to pool, what came out, and each time that it became current."""

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone

from analysis.models.extraction import FormField
from reviews.models import Fact, Outcome, Review


class Spec(models.Model):
    """One planned synthesis. Fresh when `done_rev` has caught up with `wanted_rev`."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="specs")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="specs")
    name = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    note = models.TextField(blank=True, help_text="What a reader must know beside the figure")
    is_headline = models.BooleanField(default=False, help_text="The overview's first figure")
    wanted_rev = models.PositiveBigIntegerField(default=1)
    wanted_at = models.DateTimeField(default=timezone.now)
    wanted_cause = models.JSONField(default=dict)
    done_rev = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["review", "name"], name="one_spec_a_name")]
        indexes = [
            models.Index(
                fields=["wanted_at", "id"],
                name="spec_stale",
                condition=models.Q(done_rev__lt=models.F("wanted_rev")),
            )
        ]

    def __str__(self) -> str:
        return self.name


class SpecVersion(Fact):
    """The settings of a spec at one time, with the reason for the change."""

    spec = models.ForeignKey(Spec, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    settings = models.JSONField(help_text="Measure, model, estimator, intervals, zero cells, bias test")
    subgroup_field = models.ForeignKey(
        FormField, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    filters = models.JSONField(default=dict, help_text="field key: value that a study must have")
    reason = models.TextField(blank=True)
    by = models.ForeignKey(django_settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["spec", "number"], name="one_spec_version")]

    def __str__(self) -> str:
        return f"{self.spec_id} version {self.number}"


class Result(Fact):
    """One pooling of given inputs: immutable, and the same for ever."""

    spec_version = models.ForeignKey(SpecVersion, on_delete=models.PROTECT, related_name="results")
    input_hash = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    inputs = models.JSONField()
    settings = models.JSONField()
    outputs = models.JSONField()
    status = models.CharField(max_length=10, help_text='"pooled", "single", "none" or "refused"')

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["spec_version", "input_hash", "engine_version"], name="one_result_an_input"
            )
        ]

    def __str__(self) -> str:
        return f"result {self.pk}"


class Run(Fact):
    """The event that made a result current; the latest of a spec is what pages show."""

    spec = models.ForeignKey(Spec, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="runs")
    cause = models.JSONField(default=dict)
    before = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    difference = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["spec", "number"], name="one_run_a_number")]

    def __str__(self) -> str:
        return f"run {self.number} of {self.spec_id}"
