"""The only crossing between the application and the engine: plain inputs in, plain outputs back.

Imported by workers alone: it loads NumPy and SciPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.contributions import Contribution, Inputs, Numbers
from analysis.meta import ENGINE_VERSION, Arm, MetaError, Settings, StudyData, Synthesis, synthesise
from analysis.synthesis_settings import SettingValue

__all__ = ["ENGINE_VERSION", "Computed", "compute", "settings_of", "synthesis_of"]

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Computed:
    """What the engine made of inputs: "pooled", "single", "none" or "refused", and its output as JSON."""

    status: str
    outputs: dict[str, Any]


def settings_of(values: Mapping[str, SettingValue]) -> Settings:
    """The engine's settings from those of a spec; what only concerns the choice of data stays behind.

    Raises
    ------
    MetaError
        On a value that the engine does not know.
    """
    return Settings(**{name: value for name, value in values.items() if name != "chosen"})  # type: ignore[arg-type]  # the engine checks each


def compute(inputs: Inputs, values: Mapping[str, SettingValue]) -> Computed:
    """Run the engine. A refusal of the engine is an answer: it is kept with its code and its sentence.

    So is a number that overflows on the way: computed again it would overflow again, and the spec would never
    be fresh.
    """
    try:
        found = synthesise([_study(item) for item in inputs.contributing], settings_of(values))
        return Computed(found.status, dict(found.to_dict()))
    except MetaError as refusal:
        return Computed(REFUSED, {REFUSED: {"code": refusal.code, "sentence": str(refusal)}})
    except ArithmeticError as fault:
        sentence = (
            f"The data are too far apart to be computed with ({fault}): check the largest and smallest."
        )
        return Computed(REFUSED, {REFUSED: {"code": "out_of_range", "sentence": sentence}})


def synthesis_of(outputs: Mapping[str, Any]) -> Synthesis:
    """The engine's own result from stored outputs, for checks and figures.

    Raises
    ------
    MetaError
        Where the outputs are of another shape than this version of the engine writes.
    """
    return Synthesis.from_dict(dict(outputs))


def _study(item: Contribution) -> StudyData:
    return StudyData(
        id=str(item.id),
        label=item.label,
        arms=tuple(_arm(numbers) for numbers in item.arms),
        subgroup=item.subgroup,
    )


def _arm(numbers: Numbers) -> Arm:
    def count(name: str) -> int | None:
        value = numbers.get(name)
        return None if value is None else int(value)

    return Arm(
        events=count("events"),
        total=count("total"),
        mean=numbers.get("mean"),
        sd=numbers.get("sd"),
        n=count("n"),
    )
