"""The queue of an install without Redis: a message is a file, seen by readers only once it is whole.

Kombu's own transport makes the file first and writes it then. A worker that looks in between takes an empty
message, and ends.
"""

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's channel, with messages that appear whole."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # stubs differ
        folder = Path(self.data_folder_out)
        # Readers take the files in the order of their names, and only those that end in the queue's.
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        unfinished = folder / f"{name}.part"
        unfinished.write_bytes(dumps(payload).encode())
        os.replace(unfinished, folder / name)


class Transport(filesystem.Transport):
    """Kombu's transport over such channels."""

    Channel = Channel
