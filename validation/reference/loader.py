"""Read the reference corpus: data sets, cases, and the effects that the engine computes for them."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from analysis.meta import EFFECT_MEASURES, EffectMeasure, Effects, effect_sizes
from analysis.meta.checks import Vector
from analysis.meta.intervals import CiMethod
from analysis.meta.measures import COLUMNS

Case = dict[str, Any]

NAMED_INTERVALS: dict[str, CiMethod] = {"z": "wald", "t": "t", "knha": "hk", "adhoc": "hk_adhoc"}


class Library:
    """The corpus in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._effects: dict[tuple[str, str, str], Effects] = {}

    @cached_property
    def tables(self) -> dict[str, Any]:
        tables: dict[str, Any] = json.loads((self.directory / "tables.json").read_text())["tables"]
        return tables

    @cached_property
    def files(self) -> dict[str, list[Path]]:
        """Family -> the files of the directory that hold its cases."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self.directory.glob("*.json")):
            content = json.loads(path.read_text())
            if "cases" in content:
                found.setdefault(str(content["family"]), []).append(path)
        return found

    def cases(self, family: str) -> list[Case]:
        """All cases of a family."""
        return [case for path in self.files[family] for case in json.loads(path.read_text())["cases"]]

    def columns(self, view: str) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = self.tables[view]["columns"]
        return columns

    def effects(self, view: str, measure: str, **options: Any) -> Effects:
        """Effects by the engine, kept: many cases share them."""
        key = (view, measure, json.dumps(options, sort_keys=True))
        if key not in self._effects:
            self._effects[key] = self._compute(view, measure, dict(options))
        return self._effects[key]

    def used(self, view: str, measure: str) -> tuple[Vector, Vector, Vector]:
        """yi, vi and ni of the studies that can be pooled."""
        found = self.effects(view, measure)
        keep = found.usable
        return found.yi[keep], found.vi[keep], found.ni[keep]

    def _compute(self, view: str, measure: str, options: dict[str, Any]) -> Effects:
        # metafor's IR and IRLN of a table with two arms take the first, unless a case names another.
        arm = options.pop("arm", 1)
        columns = self.columns(view)
        spec = EFFECT_MEASURES[cast(EffectMeasure, measure)]
        if spec.kind == "given":
            given: dict[str, Any] = {name: columns[name] for name in ("yi", "vi", "ni") if name in columns}
        elif spec.kind == "rate" and "x1i" in columns:
            given = {"xi": columns[f"x{arm}i"], "ti": columns[f"t{arm}i"]}
        else:
            given = {name: columns[name] for name in COLUMNS[spec.kind]}
        return effect_sizes(spec.code, **given, **options)
