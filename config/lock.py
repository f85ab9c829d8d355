"""One `up` for a directory: two schedulers on one database would do everything twice."""

import fcntl
from pathlib import Path
from types import TracebackType
from typing import Self


class AlreadyHeldError(Exception):
    """Another process holds the lock; `note` is what it left for us to read."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


class DirectoryLock:
    """Held until closed or until the process ends, however it ends: no stale file is left to remove."""

    def __init__(self, path: Path) -> None:
        self._handle = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._handle.seek(0)
            note = self._handle.read().strip()
            self._handle.close()
            raise AlreadyHeldError(note) from error

    def note(self, text: str) -> None:
        self._handle.seek(0)
        self._handle.truncate()
        self._handle.write(text)
        self._handle.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.close()
