"""An install as its people run it: `manage.py up` on a free port, with databases and files of its own."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import psycopg
import redis
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
# A first start migrates and collects static files, on machines that do other things too.
PATIENCE_SECONDS = 240.0
# Shorter than an install's, so that the tests do not wait for half a minute to pass.
SWEEP_SECONDS = 1.0
LEASE_SECONDS = 5.0
# What a worker may need to start again, to import its modules and to compute: ten times what it does need.
MARGIN_SECONDS = 180.0
FOREIGN = {"DATABASE_URL", "REDIS_URL", "QUEUE_NAME", "HTTPS", "PORT", "BASE_URL", "WEB_CONCURRENCY", "DEBUG"}


def embedded(var: Path) -> dict[str, str]:
    """SQLite and the filesystem queue, whatever databases the test run itself is given."""
    own = {"PERENNIAL_VAR": str(var), "PYTHONUNBUFFERED": "1"}
    return {**{name: value for name, value in os.environ.items() if name not in FOREIGN}, **own}


@contextmanager
def given(var: Path) -> Iterator[dict[str, str]]:
    """The databases that the test run is given, but none of its data: an own database, an own queue."""
    name = f"perennial_e2e_{os.getpid()}_{secrets.token_hex(3)}"
    with ExitStack() as stack:
        environ = embedded(var)
        if broker := os.environ.get("REDIS_URL"):
            environ |= {"REDIS_URL": broker, "QUEUE_NAME": name}
            stack.callback(_forget_queue, broker, name)
        if server := os.environ.get("DATABASE_URL"):
            environ["DATABASE_URL"] = stack.enter_context(_own_database(server, name))
        yield environ


@contextmanager
def _own_database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(urlparse(server)._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlparse(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _forget_queue(broker: str, name: str) -> None:
    with redis.Redis.from_url(broker) as client:
        client.delete(name, f"_kombu.binding.{name}", f"_kombu.binding_permanent.{name}")


class Up:
    """A running `manage.py up`, its address and what it has said."""

    def __init__(self, *, var: Path, port: int, environ: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.var = var
        self.environ = environ
        self.log = var / "up.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(port)],
                cwd=ROOT,
                env=environ,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def all_said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def said(self, pattern: str) -> list[str]:
        return re.findall(pattern, self.all_said())

    def status(self, path: str) -> int | None:
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE_SECONDS) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, OSError):
            return None

    def pid_of(self, name: str) -> int:
        return int(self.said(rf"{name} started \(pid (\d+)\)")[-1])

    def kill_worker(self) -> None:
        """End the worker and its pool at once, as a machine that runs out of memory does."""
        os.killpg(self.pid_of("worker"), signal.SIGKILL)

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        """Kill the worker, and keep it from being started again until the block ends."""
        started = len(self.said("worker started"))
        self.process.send_signal(signal.SIGSTOP)
        try:
            self.kill_worker()
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)
        wait_until(lambda: len(self.said("worker started")) > started, up=self)

    def lose_queued_messages(self) -> int:
        """Empty the queue; returns how many messages are lost."""
        broker = self.environ.get("REDIS_URL")
        if broker:
            with redis.Redis.from_url(broker) as client:
                length, _ = (
                    client.pipeline()
                    .llen(self.environ["QUEUE_NAME"])
                    .delete(self.environ["QUEUE_NAME"])
                    .execute()
                )
            return int(length)
        messages = list((self.var / "queue").glob("*.msg"))
        for message in messages:
            message.unlink()
        return len(messages)


def wait_until(condition: Callable[[], object], *, up: Up, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, up.all_said()[-8000:]
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*, var: Path, environ: dict[str, str]) -> Iterator[Up]:
    up = Up(var=var, port=free_port(), environ=environ)
    try:
        wait_until(lambda: up.said("Perennial is at") or up.process.poll() is not None, up=up)
        assert up.process.poll() is None, up.all_said()
        yield up
    finally:
        if up.process.poll() is None:
            up.process.terminate()
            try:
                up.process.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                up.process.kill()
                up.process.wait()


class Stagehand:
    """A process of the install that calls `tests.e2e.acts` for us: this one has another database."""

    def __init__(self, up: Up) -> None:
        self._log = up.var / "acts.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.stagehand"],
                cwd=ROOT,
                env={**up.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __call__(self, act: str, **words: Any) -> Any:
        assert self._process.stdin is not None  # because of PIPE above
        assert self._process.stdout is not None
        print(json.dumps([act, words]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, f"{act} failed:\n{self._log.read_text(encoding='utf-8')[-8000:]}"
        return json.loads(answer)

    def leave(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait(timeout=PATIENCE_SECONDS)
