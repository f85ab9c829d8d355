"""Compute every analysis anew: after an upgrade that moved the engine's version."""

from typing import Any

from django.core.management import BaseCommand
from django.db import transaction

from analysis.models import Spec
from analysis.services import specs


class Command(BaseCommand):
    help = "Mark every analysis as stale; workers compute them, and a run follows where a number moved."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            count = specs.touch(Spec.objects.all(), {"kind": "engine_changed"})
        self.stdout.write(f"{count} analyses wait to be computed.")
