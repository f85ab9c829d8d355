"""`manage.py prepare`: what a new version needs before it serves; the one-off of a team install."""

from django.core.management import BaseCommand

from config.preparation import prepare


class Command(BaseCommand):
    help = "Migrate the database, make the cache table, and collect static files where they changed."
    requires_system_checks = []  # `migrate` runs them, once the tables that some of them read exist

    def handle(self, *args: str, **options: object) -> None:
        prepare(say=self.stdout.write)
        self.stdout.write("Ready to serve.")
