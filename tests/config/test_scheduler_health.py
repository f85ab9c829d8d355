"""The health check of the scheduler's container."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask


@pytest.fixture
def sweep(db: None) -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    return PeriodicTask.objects.create(name="sweep of a test", task="reviews.tasks.sweep", interval=interval)


def test_a_scheduler_that_sent_a_task_lately_is_healthy(
    sweep: PeriodicTask, capsys: pytest.CaptureFixture[str]
) -> None:
    PeriodicTask.objects.filter(pk=sweep.pk).update(last_run_at=timezone.now() - timedelta(minutes=1))
    call_command("scheduler_health")
    assert "last sent a task at" in capsys.readouterr().out


def test_a_scheduler_that_fell_silent_is_not_healthy(sweep: PeriodicTask) -> None:
    PeriodicTask.objects.filter(pk=sweep.pk).update(last_run_at=timezone.now() - timedelta(minutes=10))
    with pytest.raises(CommandError, match="has sent nothing since"):
        call_command("scheduler_health")


def test_a_scheduler_that_never_sent_anything_is_not_healthy(sweep: PeriodicTask) -> None:
    with pytest.raises(CommandError, match="since it was installed"):
        call_command("scheduler_health")
