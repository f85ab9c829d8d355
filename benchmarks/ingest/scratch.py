"""A database made for the measurement and dropped after it, on the PostgreSQL that DATABASE_URL names."""

import getpass
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
_USUAL = "postgres://127.0.0.1:5432/postgres"


class NoServer(Exception):
    """No PostgreSQL answers."""


@contextmanager
def database(files: Path) -> Iterator[dict[str, str]]:
    """An environment in which the platform uses a fresh, migrated database and keeps its files in `files`."""
    given = os.environ.get("DATABASE_URL", "")
    url = given if given.startswith("postgres") else _USUAL
    parts = urlsplit(url)
    user = "" if parts.username else f"{os.environ.get('PGUSER') or _login()}@"
    base = urlunsplit(parts._replace(netloc=f"{user}{parts.netloc}", path="/postgres"))
    name = f"perennial_bench_{os.getpid()}"
    try:
        server = psycopg.connect(base, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise NoServer(f"No PostgreSQL answers; DATABASE_URL names one. {error}") from error
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _migrated(urlunsplit(urlsplit(base)._replace(path=f"/{name}")), files)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _migrated(url: str, files: Path) -> dict[str, str]:
    environment = os.environ | {
        "DATABASE_URL": url,
        "PERENNIAL_VAR": str(files),
        "PUBLISH_TASKS": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return environment


def _login() -> str:

    return getpass.getuser()
