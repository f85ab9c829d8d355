"""Registration of the app with Django."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        # Imported here because models cannot be loaded before the app registry is ready.
        from reviews import facts  # noqa: PLC0415  # see above

        post_migrate.connect(facts.install_triggers, dispatch_uid="perennial_fact_triggers")
        checks.register(facts.check_triggers, checks.Tags.database)
