"""From a file to rows that lists and searches find, through the services that people use."""

import secrets
from pathlib import Path

from django.core.files import File
from django.db import connection

from reviews.models import Connector, RunState, Source, SourceKind, User
from reviews.services import imports, protocols, reviews, searches


def prepared() -> tuple[Source, User]:
    """A review with a source for files, new for each measurement."""
    name = secrets.token_hex(8)
    lead = User.objects.create_user(f"{name}@example.org", None, name="Lead")
    review = reviews.create(by=lead, title=name, question="How fast?")
    source = protocols.add_source(
        by=lead, review=review, name="Database", kind=SourceKind.DATABASE, connector=Connector.FILE
    )
    return source, lead


def stored(source: Source, lead: User, path: Path) -> int:
    """Import the file and carry the run out; returns how many records count."""
    with path.open("rb") as file:
        run = imports.import_file(by=lead, source=source, name=path.name, file=File(file, name=path.name))
    searches.execute(run.pk)
    run.refresh_from_db()
    if run.state != RunState.COMPLETE:
        raise RuntimeError(f"The run is {run.state}: {run.error}")
    return run.records.filter(seq__isnull=False).count()


def server_process() -> int | None:
    """The process that serves this connection, where the database is PostgreSQL."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
