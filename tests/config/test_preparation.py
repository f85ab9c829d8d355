"""What is done before the first page, and that nothing is done twice."""

from pathlib import Path

import pytest
from django.core.management.base import SystemCheckError
from django.db import connection
from pytest_django.fixtures import Settings

from config.preparation import prepare
from reviews import facts


@pytest.fixture
def own_directory(settings: Settings, tmp_path: Path) -> Path:
    """An install with one static file and a cache in the database."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "page.css").write_text("body { margin: 0 }", encoding="utf-8")
    settings.VAR_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    location = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_of_a_test"}
    settings.CACHES = {"default": location}
    return tmp_path


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # The test's transaction lives in this connection.
    monkeypatch.setattr(connection, "close", lambda: None)
    return []


@pytest.mark.django_db
def test_a_first_start_makes_cache_table_and_static_files(own_directory: Path, said: list[str]) -> None:
    prepare(say=said.append)
    assert said == ["Making the cache table", "Collecting static files"]
    assert "cache_of_a_test" in connection.introspection.table_names()
    assert (own_directory / "static" / "page.css").is_file()


@pytest.mark.django_db
def test_a_second_start_does_nothing_again(own_directory: Path, said: list[str]) -> None:
    prepare(say=said.append)
    said.clear()
    prepare(say=said.append)
    assert said == []


@pytest.mark.django_db
def test_a_changed_static_file_is_collected_again(own_directory: Path, said: list[str]) -> None:
    prepare(say=said.append)
    said.clear()
    (own_directory / "source" / "page.css").write_text("body { margin: 1rem }", encoding="utf-8")
    prepare(say=said.append)
    assert said == ["Collecting static files"]
    assert "1rem" in (own_directory / "static" / "page.css").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_missing_triggers_stop_the_start(own_directory: Path, said: list[str]) -> None:
    facts.drop_triggers()
    try:
        with pytest.raises(SystemCheckError, match="triggers that protect facts are missing"):
            prepare(say=said.append)
    finally:
        facts.install_triggers()
