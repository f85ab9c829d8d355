"""Runs the team install without a container engine: the commands and health checks of docker-compose.yml.

Prepares a database of its own on the PostgreSQL given, starts several web processes, a worker and the
scheduler, asks each for its health, sees that the worker does what the scheduler sends through Redis, stops
them in order and drops the database.
"""

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import yaml
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# For each step, on a machine that does other things too.
PATIENCE_SECONDS = 300.0
REPLY_SECONDS = 20  # for a worker to answer a question; Celery's own second is short for a busy one
HOST = "review.example.org"


@dataclass(frozen=True, slots=True)
class Service:
    """What the compose file says of one service."""

    command: list[str]
    health: list[str]


def services() -> dict[str, Service]:
    """Ours among the services; PostgreSQL and Redis are those of this machine."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found = {}
    for name in ("prepare", "web", "worker", "scheduler"):
        described = compose["services"][name]
        kind, *words = described["healthcheck"].get("test", ["NONE"])
        # compose writes $$ for a dollar sign that the shell shall see
        health = ["sh", "-c", words[0].replace("$$", "$")] if kind == "CMD-SHELL" else words
        found[name] = Service(command=described["command"], health=health)
    return found


def settings_of_install(*, database: str, redis: str, port: int, var: Path) -> dict[str, str]:
    return {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "PERENNIAL_VAR": str(var),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "QUEUE_NAME": f"team_install_{os.getpid()}",
        "ALLOWED_HOSTS": HOST,
        "BASE_URL": f"https://{HOST}",
        "HTTPS": "1",
        "BEHIND_PROXY": "1",
        "WEB_CONCURRENCY": "3",
        "WEB_BIND": f"127.0.0.1:{port}",
    }


@contextmanager
def own_database(server: str) -> Iterator[str]:
    name = f"perennial_team_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running(name: str, service: Service, *, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a service; at the end stop it as a container engine does and see that it stopped by itself."""
    say(f"starting {name}: {' '.join(service.command)}")
    process = subprocess.Popen(service.command, cwd=ROOT, env=environ, start_new_session=True)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE_SECONDS)
        if code != 0:
            raise SystemExit(f"{name} ended with exit code {code}")
        say(f"{name} stopped")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_healthy(
    name: str, service: Service, *, process: subprocess.Popen[bytes], environ: dict[str, str]
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if process.poll() is not None:
            raise SystemExit(f"{name} ended before it was healthy, with exit code {process.returncode}")
        check = subprocess.run(
            service.health,
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        if check.returncode == 0:
            say(f"{name} is healthy: {check.stdout.strip().splitlines()[0]}")
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"{name} is not healthy:\n{check.stdout}{check.stderr}")
        time.sleep(1)


def ask_for_pages(port: int, *, var: Path) -> None:
    """The sign-in page and a hashed static file, as a proxy would ask for them."""
    manifest = json.loads((var / "static" / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    static = next(hashed for name, hashed in manifest.items() if name.endswith(".css"))
    for path in ("/accounts/login/", f"/static/{static}"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Host": HOST, "X-Forwarded-Proto": "https"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
            say(f"{response.status} {path}")


def see_tasks_done(*, environ: dict[str, str]) -> None:
    """The worker's own count of the tasks that the scheduler sent: sent is not yet done."""
    words = ["celery", "-A", "config", "inspect", "stats", "--json", "--timeout", str(REPLY_SECONDS)]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        told = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        done = {}
        if told.returncode == 0:
            done = {worker: stats["total"] for worker, stats in json.loads(told.stdout).items()}
        if done and all(total.get("reviews.tasks.sweep") for total in done.values()):
            break
        if time.monotonic() > deadline:
            raise SystemExit(f"no task that the scheduler sent was done: {done}\n{told.stderr}")
        time.sleep(1)
    for worker, total in done.items():
        say(f"{worker} has done {total}")


def see_web_processes(web: subprocess.Popen[bytes], *, wanted: int) -> None:
    """The first that serves makes the service healthy; the others may still be starting."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := children_of(web.pid)) != wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"expected {wanted} web processes, found {found}")
        time.sleep(0.5)


def children_of(pid: int) -> int:
    listed = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=True
    )
    return len(listed.stdout.split())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(line: str) -> None:
    print(f"team install | {line}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default="postgres://root@127.0.0.1:5432")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/9")
    options = parser.parse_args()
    ours, port = services(), free_port()
    with tempfile.TemporaryDirectory() as folder, own_database(options.postgres) as database:
        var = Path(folder)
        environ = settings_of_install(database=database, redis=options.redis, port=port, var=var)
        for attempt in ("first", "second"):
            say(f"preparing, {attempt} time")
            subprocess.run(ours["prepare"].command, cwd=ROOT, env=environ, check=True)
        with (
            running("web", ours["web"], environ=environ) as web,
            running("worker", ours["worker"], environ=environ) as worker,
            running("scheduler", ours["scheduler"], environ=environ) as scheduler,
        ):
            wait_healthy("web", ours["web"], process=web, environ=environ)
            wait_healthy("worker", ours["worker"], process=worker, environ=environ)
            wait_healthy("scheduler", ours["scheduler"], process=scheduler, environ=environ)
            see_web_processes(web, wanted=int(environ["WEB_CONCURRENCY"]))
            ask_for_pages(port, var=var)
            see_tasks_done(environ=environ)
    say("passed")


if __name__ == "__main__":
    main()
