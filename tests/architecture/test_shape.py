"""Sizes, signatures and relations that the style guide states."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["config", "reviews", "screening", "analysis", "scripts", "tests", "validation", "benchmarks"]
FILE_LINES = 400
FUNCTION_LINES = 45  # "about 40", without the docstring

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*packages: str) -> list[Path]:
    found = [path for name in packages for path in sorted((ROOT / name).rglob("*.py"))]
    assert found
    return [path for path in found if "migrations" not in path.parts]


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of_code(function: Function) -> int:
    first = function.body[0]
    described = ast.get_docstring(function, clean=False) is not None
    start = (first.end_lineno or first.lineno) + 1 if described else first.lineno
    return (function.end_lineno or start) - start + 1


def test_no_file_is_too_long_to_read_at_once() -> None:
    files = sources(*PACKAGES)
    for folder, endings in {"static": (".css", ".js"), "templates": (".html",)}.items():
        inside = [path for path in (ROOT / folder).rglob("*") if path.suffix in endings]
        assert inside
        files += [path for path in inside if "vendor" not in path.parts]
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files
    }
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_does_too_much() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.name}": lines_of_code(function)
        for path in sources(*PACKAGES)
        for function in functions(path)
        if lines_of_code(function) > FUNCTION_LINES
    }
    assert long == {}


def public_service_functions() -> Iterator[tuple[Path, Function]]:
    for app in ("reviews", "screening", "analysis"):
        for path in sorted((ROOT / app / "services").glob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield path, node


def test_an_act_of_a_person_names_who_first_and_takes_keywords_only() -> None:
    acts = 0
    faults = []
    for path, function in public_service_functions():
        positional = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        keywords = [argument.arg for argument in function.args.kwonlyargs]
        if "by" not in (*positional, *keywords):
            continue
        acts += 1
        if positional or keywords[0] != "by":
            faults.append(f"{path.relative_to(ROOT)}:{function.name}({', '.join((*positional, *keywords))})")
    assert acts
    assert faults == []


def test_services_take_more_than_two_arguments_by_keyword_only() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path, function in public_service_functions()
        if len(function.args.args) > 2
    ]
    assert faults == []


@pytest.mark.parametrize(
    "label", ["screening.Decision", "screening.Adjudication", "analysis.Value", "analysis.Answer"]
)
def test_blinded_facts_cannot_be_reached_from_what_they_point_to(label: str) -> None:
    """A reverse relation would be a way round screening.selectors."""
    relations = [field for field in apps.get_model(label)._meta.get_fields() if isinstance(field, ForeignKey)]
    assert relations
    assert [field.name for field in relations if field.remote_field.related_name != "+"] == []
