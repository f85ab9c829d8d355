"""Who may know whom: what import-linter cannot say."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNELS = [
    "analysis.meta",
    "analysis.appraisal",
    "analysis.plots",
    "screening.rules",
    "reviews.pubmed",
    "reviews.remote",
    "reviews.connectors",
    "reviews.dedupe",
    "reviews.formats",
    "reviews.prisma",
    "reviews.errors",
]
# Imported by name and all submodules; the answer is what of the forbidden got loaded with them.
LOADED_WITH_KERNEL = """
import importlib, pkgutil, sys
kernel = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(getattr(kernel, "__path__", []), sys.argv[1] + "."):
    importlib.import_module(found.name)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"django", "celery", "kombu"}))
"""
LOADED_WITH_WEB = """
import sys
import config.wsgi
from django.urls import get_resolver
def visit(patterns):
    for pattern in patterns:
        visit(getattr(pattern, "url_patterns", []))
visit(get_resolver().url_patterns)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"matplotlib", "scipy"}))
"""


def loaded(code: str, *words: str) -> str:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_loads_neither_django_nor_celery(kernel: str) -> None:
    assert loaded(LOADED_WITH_KERNEL, kernel) == ""


def test_the_engine_imports_only_numpy_scipy_and_the_standard_library() -> None:
    modules = sorted((ROOT / "analysis" / "meta").rglob("*.py"))
    assert modules
    allowed = set(sys.stdlib_module_names) | {"numpy", "scipy"}
    foreign = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules
        for name in imported_names(path)
        if name.partition(".")[0] not in allowed and not f"{name}.".startswith("analysis.meta.")
    ]
    assert foreign == []


def test_web_processes_load_neither_matplotlib_nor_scipy() -> None:
    assert loaded(LOADED_WITH_WEB) == ""


def test_nothing_is_imported_by_a_name_in_a_string() -> None:
    sources = [path for app in ("reviews", "screening", "analysis") for path in (ROOT / app).rglob("*.py")]
    assert sources
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "get_model"
    ]
    assert found == []


@pytest.mark.parametrize("app", ["reviews", "screening", "analysis"])
def test_an_app_loads_nothing_by_itself(app: str) -> None:
    """So that importing a kernel does not load Django."""
    assert (ROOT / app / "__init__.py").read_text(encoding="utf-8").strip() == ""
