"""Play the demonstration reviews through the services; safe to stop and to run again."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from analysis.demo import bcg, cart, cart_protocol, underway
from analysis.demo.closing import finished, publish, recomputed
from analysis.demo.stage import PASSWORD_FILE, Stage, password, people
from reviews.models import Review


class Command(BaseCommand):
    help = "Build the demonstration reviews, or finish building them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drain", action="store_true", help="do the worker's part here, where no worker runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stage = Stage(say=self._say, drains=options["drain"])
        stage.people = people()
        self._say("People: lead, reviewer A, reviewer B, statistician, observer")
        review = finished(stage, cart_protocol.TITLE) or self._build(stage, "CAR-T", cart.play)
        trials = finished(stage, bcg.TITLE) or self._build(stage, "BCG", bcg.play)
        under_way = self._under_way(stage)
        for line in recomputed(review):
            self._say(line)
        self._tell(review.slug, trials.slug, under_way.slug)

    def _build(self, stage: Stage, name: str, play: Callable[[Stage], Review]) -> Review:
        review = play(stage)
        publish(stage, review, note="First version of the demonstration")
        self._say(f"{name}: analyses are up to date and version 1.0.0 is published")
        return review

    def _under_way(self, stage: Stage) -> Review:
        """Built once: its analysis is planned last, and from then on it belongs to its readers."""
        built = Review.objects.filter(
            title=underway.TITLE, created_by=stage.lead, specs__isnull=False
        ).first()
        return built or underway.play(stage)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _tell(self, *slugs: str) -> None:
        base = settings.BASE_URL
        for slug in slugs:
            self._say(f"{base}/r/{slug}/")
        self._say("Public reports, for everybody:")
        for slug in slugs[:2]:
            self._say(f"{base}/r/{slug}/report/")
        self._say(
            "Sign in as lead@example.org, reviewer-a@example.org, reviewer-b@example.org, "
            "statistician@example.org or observer@example.org"
        )
        self._say(f"with the password {password()} (kept in {settings.VAR_DIR / PASSWORD_FILE})")
