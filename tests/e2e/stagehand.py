"""Reads acts from standard input, one JSON line each, and answers with what they return.

Run as `python -m tests.e2e.stagehand` in the environment of an install. An act that fails ends the process,
its traceback on standard error: the test then shows it.
"""

import json
import sys

import django


def main() -> None:
    django.setup()
    from tests.e2e import acts  # noqa: PLC0415 - models need the setup above

    for line in sys.stdin:
        name, words = json.loads(line)
        print(json.dumps(getattr(acts, name)(**words)), flush=True)


if __name__ == "__main__":
    main()
