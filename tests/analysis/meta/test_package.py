"""The package as a whole: its examples run, everything public is described, and it loads little."""

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import meta

MODULES = sorted(module.name for module in pkgutil.walk_packages(meta.__path__, prefix=f"{meta.__name__}."))
HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "use-the-engine.md"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_examples_of_the_guide_run() -> None:
    outcome = doctest.testfile(str(HOW_TO), module_relative=False)

    assert outcome.attempted > 10
    assert outcome.failed == 0


def test_the_map_of_the_package_names_every_function_and_table_once_it_is_offered() -> None:
    words = set(re.findall(r"[A-Za-z_0-9]+", meta.__doc__ or ""))
    offered = [name for name in meta.__all__ if name.isupper() or inspect.isfunction(getattr(meta, name))]
    assert [name for name in offered if name not in words] == []
    assert [name for name in words if "_" in name and not hasattr(meta, name)] == []


def test_nothing_private_is_offered_and_nothing_is_offered_twice() -> None:
    assert len(set(meta.__all__)) == len(meta.__all__)
    assert not [name for name in meta.__all__ if name.startswith("_")]


def test_every_function_that_is_offered_shows_an_example() -> None:
    offered = [getattr(meta, name) for name in meta.__all__]
    functions = [each for each in offered if inspect.isfunction(each)]
    assert [each.__name__ for each in functions if ">>>" not in (inspect.getdoc(each) or "")] == []


@pytest.mark.parametrize("name", meta.__all__)
def test_everything_that_is_offered_is_described(name: str) -> None:
    offered = getattr(meta, name)
    if not (inspect.isfunction(offered) or inspect.isclass(offered)):
        return
    text = inspect.getdoc(offered) or ""
    assert len(text) > 20
    if inspect.isfunction(offered):
        for parameter in inspect.signature(offered).parameters:
            assert parameter in text, parameter
        assert "Returns\n-------" in text


def test_the_engine_loads_neither_django_nor_the_slow_parts_of_scipy() -> None:
    unwanted = {"django", "scipy.stats", "scipy.optimize", "pandas", "matplotlib"}
    code = f"import analysis.meta, sys; print(*sorted({unwanted!r} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == ""
