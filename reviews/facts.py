"""Facts refuse UPDATE and DELETE in the database itself.

The triggers are put in after every `migrate`, because SQLite loses them when it rebuilds a table, and a
system check says so where one is missing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.db import connection
from django.db.models import Model

from reviews.models import Fact

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION perennial_refuse_change() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION 'facts are only ever added: % on % refused', TG_OP, TG_TABLE_NAME;
END $$ LANGUAGE plpgsql
"""


def fact_models() -> Iterator[type[Model]]:
    for model in apps.get_models():
        if issubclass(model, Fact):
            yield model


def _trigger_name(table: str, verb: str) -> str:
    return f"fact_{table}_{verb}"


def install_triggers(**_: Any) -> None:
    """Put the triggers on every fact table that exists; running it again changes nothing."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for model in fact_models():
            table = model._meta.db_table
            if table not in existing:
                continue
            for verb in ("update", "delete"):
                name = _trigger_name(table, verb)
                if connection.vendor == "postgresql":
                    cursor.execute(
                        f'CREATE OR REPLACE TRIGGER "{name}" BEFORE {verb.upper()} ON "{table}" '
                        "FOR EACH ROW EXECUTE FUNCTION perennial_refuse_change()"
                    )
                else:
                    cursor.execute(
                        f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {verb.upper()} ON "{table}" BEGIN '
                        f"SELECT RAISE(ABORT, 'facts are only ever added: {verb} on {table} refused'); END"
                    )


def drop_triggers() -> None:
    """For tests alone: a flush between transactional tests deletes rows."""
    with connection.cursor() as cursor:
        for model in fact_models():
            table = model._meta.db_table
            for verb in ("update", "delete"):
                on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{_trigger_name(table, verb)}"{on_table}')


def installed_triggers() -> set[str]:
    """Names of the fact triggers that the database holds now."""
    query = (
        "SELECT DISTINCT trigger_name FROM information_schema.triggers WHERE trigger_name LIKE 'fact_%%'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'fact_%%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def check_triggers(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Run by `manage.py check --database default` and before the supervisor starts."""
    if not databases:
        return []
    existing = set(connection.introspection.table_names())
    installed = installed_triggers()
    missing = [
        name
        for model in fact_models()
        if model._meta.db_table in existing
        for verb in ("update", "delete")
        if (name := _trigger_name(model._meta.db_table, verb)) not in installed
    ]
    if not missing:
        return []
    return [
        Error(
            f"{len(missing)} triggers that protect facts are missing, the first is {missing[0]}",
            hint="Run `python manage.py migrate`: it puts them in.",
            id="reviews.E001",
        )
    ]
