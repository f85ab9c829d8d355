"""What must stand before the first page is served; each step is skipped where it is already done."""

import hashlib
import io
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

Say = Callable[[str], object]


def prepare(*, say: Say) -> None:
    """Bring database, cache table and static files to what this version needs."""
    _migrate(say)
    # Among others: the triggers that protect facts are in place. Its "no issues" is nothing to tell.
    call_command("check", databases=["default"], stdout=io.StringIO())
    _make_cache_table(say)
    _collect_static(say)
    connection.close()  # the caller may live for weeks and asks the database nothing more


def _migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        say(f"Bringing the database up to date: {len(pending)} migrations")
        call_command("migrate", interactive=False, verbosity=0)


def _make_cache_table(say: Say) -> None:
    cache = caches["default"]
    if not isinstance(cache, DatabaseCache):
        return
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        say("Making the cache table")
        call_command("createcachetable", verbosity=0)


def _collect_static(say: Say) -> None:
    stamp = settings.VAR_DIR / "static.stamp"
    wanted = _fingerprint()
    if settings.STATIC_ROOT.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say("Collecting static files")
    stamp.unlink(missing_ok=True)
    # Cleared, because without it a file is kept where the new one looks older, as out of a release archive.
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted, encoding="utf-8")


def _fingerprint() -> str:
    """Names, sizes and times of every source file, and what turns them into the served ones."""
    digest = hashlib.sha256()
    digest.update(f"{settings.STORAGES['staticfiles']['BACKEND']} {version('whitenoise')}\n".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{storage.location} {name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
