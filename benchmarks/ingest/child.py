"""One measurement in a process of its own, so that its peak of memory is its own: prints one JSON object.

Run as: python -m benchmarks.ingest.child read NAME PATH | stream COUNT DATA | store PATH
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.ingest import corpus
from benchmarks.ingest.reading import READERS, Told, ours_of_any_size

_MEGABYTE = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss counts kilobytes but on macOS


def _counted(told: Iterator[Told]) -> int:
    return sum(1 for _ in told)


def _read(name: str, path: str) -> dict[str, object]:
    return _measured(lambda: _counted(READERS[name](Path(path))))


def _stream(how_many: str, data: str) -> dict[str, object]:
    pieces = corpus.xml_pieces(Path(data) if data else None, int(how_many))
    return _measured(lambda: _counted(ours_of_any_size(pieces, "streamed.xml")))


def _store(path: str) -> dict[str, object]:
    """Import a file as a person does: hashed, kept, read, stored, counted in."""
    import django  # noqa: PLC0415 - readers are measured without it

    django.setup()
    from benchmarks.ingest import storing  # noqa: PLC0415 - needs what was set up

    source, lead = storing.prepared()
    server = storing.server_process()
    before = _cpu_of(server)
    measured = _measured(lambda: storing.stored(source, lead, Path(path)))
    after = _cpu_of(server)
    return measured | {"server": None if before is None or after is None else after - before}


def _measured(action: Callable[[], int]) -> dict[str, object]:
    start = time.process_time()
    records = action()
    seconds = time.process_time() - start
    return {"records": records, "seconds": seconds, "peak": _peak()}


def _peak() -> float:
    """Megabytes. Linux hands the peak of `getrusage` on from the parent process; its own stands in /proc."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _cpu_of(process: int | None) -> float | None:
    """CPU seconds of the database's process, where it runs on this machine and lets itself be seen."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    if not name.startswith("postgres"):
        return None
    fields = rest.split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_ACTS: dict[str, Callable[..., dict[str, object]]] = {"read": _read, "stream": _stream, "store": _store}


def main(arguments: list[str]) -> int:
    """Do what the arguments say."""
    act, *rest = arguments
    sys.stdout.write(json.dumps(_ACTS[act](*rest)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
