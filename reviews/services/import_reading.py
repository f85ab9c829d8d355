"""An import's file, read from storage: for a preview, and in batches for the run that stores them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from reviews.formats import ParsedRecord, RowProblem, read, sniff
from reviews.formats.sniffing import HEAD_BYTES
from reviews.models import SearchRun
from reviews.services.bundles import Bundle

# A batch is one transaction, and a vote may wait for one: it stays well below a second.
BATCH_SIZE = 500


class Counted:
    """A stream that counts how far it was read, for the progress of whoever waits."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        data = self._stream.read(size)
        self.taken += len(data)
        return data


@contextmanager
def opened(run: SearchRun) -> Iterator[Counted]:
    """The run's file at its beginning."""
    with run.file.open("rb") as stream:
        yield Counted(stream)


def items(run: SearchRun, stream: Counted) -> Iterator[ParsedRecord | RowProblem]:
    """Records and problems of the file, in its order."""
    return read(stream, name=run.file_name)


def described(run: SearchRun) -> dict[str, Any]:
    """What is known of the file before its first record, as JSON."""
    with opened(run) as stream:
        return {"format": sniff(run.file_name, stream.read(HEAD_BYTES))}


def bundles(run: SearchRun) -> Iterator[Bundle]:
    """Batches of the file, passing over the rows that an earlier attempt has stored."""
    done = int(run.checkpoint.get("row", 0))
    records: list[ParsedRecord] = []
    problems: list[RowProblem] = []
    last = done
    with opened(run) as stream:
        for item in items(run, stream):
            if item.row <= done:
                continue
            if isinstance(item, ParsedRecord):
                if len(records) == BATCH_SIZE:
                    yield Bundle(tuple(records), tuple(problems), {"row": last})
                    records, problems = [], []
                records.append(item)
            else:
                problems.append(item)
            last = item.row
    yield Bundle(tuple(records), tuple(problems), {"row": last}, {"found": last})
