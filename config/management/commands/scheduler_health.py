"""`manage.py scheduler_health`: whether the scheduler sent anything lately; a health check."""

from datetime import timedelta

from django.core.management import BaseCommand, CommandError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

# The scheduler writes what it sent to the database after every few tasks, or three minutes where few are due.
SILENCE = timedelta(minutes=5)


class Command(BaseCommand):
    help = "Fail where no scheduled task was sent within the last minutes."
    requires_system_checks = []

    def handle(self, *args: str, **options: object) -> None:
        latest = (
            PeriodicTask.objects.filter(enabled=True, last_run_at__isnull=False)
            .order_by("-last_run_at")
            .values_list("last_run_at", flat=True)
            .first()
        )
        if latest is None or timezone.now() - latest > SILENCE:
            raise CommandError(f"The scheduler has sent nothing since {latest or 'it was installed'}.")
        self.stdout.write(f"The scheduler last sent a task at {latest:%Y-%m-%d %H:%M:%S} UTC.")
