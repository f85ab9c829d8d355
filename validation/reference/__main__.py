"""Print, by family, how many cases and figures are compared, the worst differences and every fault.

Exits 1 where a case fails or is not supported. A directory may hold any of the families.

Run as: python -m validation.reference DIRECTORY [FAMILY ...]
"""

import sys
import time
from pathlib import Path

from validation.reference.families import run
from validation.reference.loader import Library


def main(directory: str, only: list[str]) -> int:
    library = Library(Path(directory))
    faults = 0
    if not library.files:
        sys.stdout.write(f"{directory} holds no file of cases\n")
        return 1
    for family in only or sorted(library.files):
        start = time.perf_counter()
        outcome = run(family, library)
        faults += len(outcome.faults)
        seconds = time.perf_counter() - start
        sys.stdout.write(f"{outcome}\n    in {seconds:.1f} s\n")
        for fault in outcome.faults:
            sys.stdout.write(f"    {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
