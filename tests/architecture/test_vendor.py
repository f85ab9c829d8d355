"""Third-party files are what static/vendor/README.md says they are."""

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "static" / "vendor"
ROW = re.compile(r"^\| `(?P<path>[^`]+)` \|.*\| `(?P<sum>[0-9a-f]{64})` \|$", re.MULTILINE)


def _listed() -> dict[str, str]:
    return {row["path"]: row["sum"] for row in ROW.finditer((VENDOR / "README.md").read_text("utf-8"))}


def test_every_listed_file_has_the_listed_sum() -> None:
    listed = _listed()

    assert len(listed) >= 2
    for path, expected in listed.items():
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == expected, path


def test_every_vendored_file_is_listed_and_its_licence_lies_beside_it() -> None:
    text = (VENDOR / "README.md").read_text("utf-8")
    files = {path.name for path in VENDOR.iterdir()} - {"README.md"}
    licences = {name for name in files if name.endswith(".LICENSE")}

    assert files - licences == {Path(path).name for path in _listed() if path.startswith("static/vendor/")}
    assert licences == set(re.findall(r"`([a-z-]+\.LICENSE)`", text))


def test_no_vendored_file_names_a_source_map() -> None:
    # Hashed static files follow sourceMappingURL and fail to collect where the map is absent.
    assert not [path.name for path in VENDOR.iterdir() if "sourceMappingURL=" in path.read_text("utf-8")]
