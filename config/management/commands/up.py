"""`manage.py up`: the whole install under one process that stops cleanly."""

import argparse
import errno
import os
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import OutputWrapper

from config.lock import AlreadyHeldError, DirectoryLock
from config.preparation import prepare
from config.supervisor import Program, Supervisor

WAIT_SECONDS = 1.0  # between two looks whether the web answers, until it first does


class Command(BaseCommand):
    help = "Start web, worker and scheduler, restart what crashes, and stop all of them on Ctrl-C."
    requires_system_checks = []  # `migrate` runs them, once the tables that some of them read exist

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT") or 8000), help="default: PORT, else 8000"
        )
        parser.add_argument("--demo", action="store_true", help="also build the demonstration reviews")
        # Two, so that figures being drawn do not hold up what a vote sets going.
        parser.add_argument(
            "--concurrency", type=int, default=2, help="processes of the worker (default %(default)s)"
        )

    def handle(self, *args: str, **options: object) -> None:
        host, port = str(options["host"]), int(str(options["port"]))
        concurrency, demo = int(str(options["concurrency"])), bool(options["demo"])
        try:
            lock = DirectoryLock(settings.VAR_DIR / "up.lock")
        except AlreadyHeldError as held:
            raise CommandError(f"Perennial already runs from {settings.VAR_DIR}: {held.note}") from held
        printer = _Printer(self.stdout)
        with lock, _listen(host, port) as listener:
            address = f"http://{_shown(host)}:{listener.getsockname()[1]}/"
            lock.note(f"{address} (pid {os.getpid()})")
            try:
                prepare(say=printer.say)
            except KeyboardInterrupt as stop:
                raise CommandError("Stopped while preparing; the next start goes on from here.") from stop
            environ = {"BASE_URL": address.rstrip("/"), **os.environ, "WEB_BIND": f"fd://{listener.fileno()}"}
            programs = _programs(listener.fileno(), concurrency=concurrency)
            supervisor = Supervisor(programs, environ=environ, cwd=settings.BASE_DIR, announce=printer)
            _serve(supervisor, address=address, printer=printer, demo=demo)


def _serve(supervisor: Supervisor, *, address: str, printer: "_Printer", demo: bool) -> None:
    def when_up() -> None:
        printer.say(f"\nPerennial is at {address}   (Ctrl-C stops it)\n")
        if demo:
            supervisor.add(Program("demo", _manage("build_demo"), once=True))

    supervisor.run(on_tick=_FirstAnswer(f"{address}health/", then=when_up).look)
    printer.say("Perennial has stopped.")


def _programs(listener_fd: int, *, concurrency: int) -> list[Program]:
    """In the order of starting; they stop the other way round: nothing is queued for a stopped worker."""
    # Tasks are JSON, so Celery's warning of pickles read by root says nothing here.
    celery = (
        sys.executable,
        "-W",
        "ignore:You're running the worker",
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
    )
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return [
        Program(
            "web",
            (sys.executable, "-m", "gunicorn", "-c", "python:config.web_server", "config.wsgi:application"),
            inherit_fds=(listener_fd,),
        ),
        Program(
            "worker",
            (*celery, "worker", "--concurrency", str(concurrency), "--loglevel", "WARNING", *alone),
            stop_seconds=20,
        ),
        Program("scheduler", (*celery, "beat", "--pidfile=", "--loglevel", "WARNING", "--max-interval", "5")),
    ]


def _manage(*words: str) -> tuple[str, ...]:
    return (sys.executable, str(settings.BASE_DIR / "manage.py"), *words)


def _listen(host: str, port: int) -> socket.socket:
    """Open the port here and hand it down: a crashed web process then loses neither it nor its clients."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is taken by another program. Choose another with PORT={port + 1}"
            ) from error
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def _shown(host: str) -> str:
    """The host to open in a browser: "all interfaces" is no address."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)


class _Printer:
    """One line at a time from several threads, at once also into a file or pipe."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._lock = threading.Lock()

    def __call__(self, name: str, line: str) -> None:
        """What one child said, with its name before it."""
        self.say(f"{name:<10} | {line}")

    def say(self, line: str) -> None:
        with self._lock:
            self._out.write(line)
            self._out.flush()


class _FirstAnswer:
    """Asks an address in a thread until it answers, then calls back once, in the supervisor's thread."""

    def __init__(self, url: str, *, then: Callable[[], None]) -> None:
        self._url, self._then = url, then
        self._answered = threading.Event()
        self._told = False
        threading.Thread(target=self._ask, daemon=True).start()

    def look(self) -> None:
        if self._answered.is_set() and not self._told:
            self._told = True
            self._then()

    def _ask(self) -> None:
        # A proxy named in the environment must not be asked for an address of this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        pause = threading.Event()
        while True:
            try:
                with opener.open(self._url, timeout=60):
                    self._answered.set()
                    return
            except (urllib.error.URLError, OSError):
                pause.wait(WAIT_SECONDS)
