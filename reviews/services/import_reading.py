"""An import's file, read from storage: for a preview, and in batches for the run that stores them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from reviews.formats import Columns, ParsedRecord, RowProblem, columns_of, read
from reviews.formats.reading import Reading
from reviews.models import SearchRun
from reviews.services.bundles import Bundle

# A batch is one transaction, and a vote may wait for one: it stays well below a second. Few records that are
# very large make a batch as well: it is held in memory.
BATCH_SIZE = 1_000
BATCH_LETTERS = 16 * 1024 * 1024


class Counted(io.RawIOBase):
    """A stream that counts how far it was read, for the progress of whoever waits."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self.taken = 0

    def readable(self) -> bool:
        """It is for nothing else."""
        return True

    def seekable(self) -> bool:
        """Files in storage are: the list of a zip stands at its end."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer with the next bytes."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.taken = max(self.taken, self._stream.tell())
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go elsewhere in the file."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """Where the next bytes are read."""
        return self._stream.tell()


@contextmanager
def opened(run: SearchRun) -> Iterator[Counted]:
    """The run's file at its beginning."""
    with run.file.open("rb") as stream:
        yield Counted(stream)


def items(run: SearchRun, stream: Counted) -> Reading:
    """Records and problems of the file, in its order."""
    return read(stream, name=run.file_name, mapping=run.mapping or None)


def columns(run: SearchRun) -> Columns | None:
    """The columns, where the file is a table."""
    with opened(run) as stream:
        return columns_of(stream, run.file_name)


def bundles(run: SearchRun) -> Iterator[Bundle]:
    """Batches of the file, passing over the rows that an earlier attempt has stored."""
    done = int(run.checkpoint.get("row", 0))
    records: list[ParsedRecord] = []
    problems: list[RowProblem] = []
    last = done
    letters = 0
    with opened(run) as stream:
        for item in items(run, stream):
            if item.row <= done:
                continue
            # What stands above a record has its row, and is told together with it.
            is_full = max(len(records), len(problems)) >= BATCH_SIZE or letters > BATCH_LETTERS
            if is_full and item.row > last:
                yield Bundle(tuple(records), tuple(problems), {"row": last})
                records, problems, letters = [], [], 0
            if isinstance(item, ParsedRecord):
                records.append(item)
                letters += len(item.raw)
            else:
                problems.append(item)
            last = item.row
    yield Bundle(tuple(records), tuple(problems), {"row": last}, {"found": last})
