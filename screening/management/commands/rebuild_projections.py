"""Compare what is kept beside the facts of searches, merges and screening with them, or write it anew."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews.models import Review
from reviews.services import rebuilding as of_records
from screening.services import rebuilding


class Command(BaseCommand):
    help = "Rebuild reports and keys from records and merges, states and counts of screening from votes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--review", help="slug of one review; all without it")
        parser.add_argument("--check", action="store_true", help="only compare; exit with 1 on a difference")

    def handle(self, *_: Any, review: str | None, check: bool, **__: Any) -> None:
        reviews = Review.objects.order_by("pk")
        if review:
            reviews = reviews.filter(slug=review)
            if not reviews:
                raise CommandError(f"There is no review with the slug {review!r}.")
        found = 0
        for one in reviews:
            if not check:
                of_records.rebuild(one)
                rebuilding.rebuild(one)
            for difference in chain(of_records.differences(one), rebuilding.differences(one)):
                found += 1
                self.stdout.write(
                    f"{one.slug}: {difference.what} {difference.key} is {difference.is_now}, "
                    f"should be {difference.should_be}"
                )
        if found:
            raise CommandError(f"{found} projections differ from the facts.")
        self.stdout.write("Every projection says what the facts say.")
