"""What must not stand in any file that is published, and what the container files must say."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MADE = {"var", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
MADE |= {".import_linter_cache", "vendor"}


def published_files() -> list[Path]:
    found = [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and not MADE & set(path.relative_to(ROOT).parts) and path != Path(__file__)
    ]
    assert len(found) > 50
    return found


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def test_no_file_names_a_place_of_the_machine_it_was_written_on() -> None:
    places = [f"{ROOT}/", f"{ROOT.parent}/shared", "/home/", "/Users/"]
    found = [
        f"{path.relative_to(ROOT)}: {place}"
        for path in published_files()
        for place in places
        if place in text_of(path)
    ]
    assert found == []


def test_requirements_are_locked_with_hashes_and_name_no_index() -> None:
    locked = sorted((ROOT / "requirements").glob("*.txt"))
    assert [path.name for path in locked] == ["base.txt", "bench.txt", "dev.txt"]
    for path in locked:
        text = text_of(path)
        assert not re.search(r"://|--index-url|--extra-index-url|--find-links|--trusted-host", text)
        pinned = re.findall(r"^[A-Za-z0-9][^\s\\]*==\S+.*$", text, flags=re.MULTILINE)
        assert pinned
        assert [line for line in pinned if not line.endswith("\\")] == [], "a pin without hashes"


def test_no_lock_file_that_records_an_index_is_kept() -> None:
    assert [path.name for path in published_files() if path.name in {"uv.lock", "pylock.toml"}] == []


def test_every_direct_requirement_says_why() -> None:
    for path in sorted((ROOT / "requirements").glob("*.in")):
        wanted = [line for line in text_of(path).splitlines() if re.match(r"[A-Za-z]", line)]
        assert wanted
        tools_that_explain_themselves = {"pytest", "pytest-django"}
        bare = [line for line in wanted if "#" not in line and line not in tools_that_explain_themselves]
        assert bare == []


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [path for path in published_files() if path.suffix == ".md"]
    assert documents
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text_of(path))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


# -- Container files -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), continuation lines joined and comments left out."""
    lines = [line for line in text_of(ROOT / "Dockerfile").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_the_image_runs_as_nobody_special_and_checks_its_health(instructions: list[tuple[str, str]]) -> None:
    users = [rest for word, rest in instructions if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert [word for word, _ in instructions].count("HEALTHCHECK") == 1
    assert [word for word, _ in instructions if word == "ADD"] == []


def test_the_image_is_made_of_pinned_parts(instructions: list[tuple[str, str]]) -> None:
    bases = [rest.split()[0] for word, rest in instructions if word == "FROM"]
    assert len(bases) == 2
    assert [base for base in bases if not re.search(r":\d+\.\d+", base)] == []
    installs = [rest for word, rest in instructions if word == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


def test_what_the_image_copies_exists_and_holds_no_secret() -> None:
    kept = [line[1:] for line in text_of(ROOT / ".dockerignore").splitlines() if line.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []
    assert not {".env", "var", ".git"} & set(kept)


def test_every_service_of_the_team_install_is_watched_and_no_secret_is_written_down() -> None:
    text = text_of(ROOT / "docker-compose.yml")
    services = yaml.safe_load(text)["services"]
    assert set(services) == {"postgres", "redis", "prepare", "web", "worker", "scheduler"}
    watched = {name for name, service in services.items() if service["healthcheck"].get("test")}
    assert watched == set(services) - {"prepare"}
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        given = re.findall(rf"{name}: (.*)", text)
        assert given
        assert [value for value in given if not value.startswith(f"${{{name}:?")] == []
    assert "noeviction" in services["redis"]["command"]
    assert "--appendonly" in services["redis"]["command"]


def test_the_example_of_settings_names_all_that_the_team_install_reads() -> None:
    read = set(re.findall(r"\$\{([A-Z_]+)", text_of(ROOT / "docker-compose.yml")))
    named = set(re.findall(r"^([A-Z_]+)=", text_of(ROOT / ".env.example"), flags=re.MULTILINE))
    assert read - named <= {"PERENNIAL_VERSION"}
    assert named - read == set()
