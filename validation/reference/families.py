"""Run one family of the corpus through the engine: every case of it, for a case left out is a failure."""

from collections.abc import Callable
from dataclasses import dataclass

from validation.reference import (
    family_a,
    family_b1,
    family_b2,
    family_b3,
    family_c,
    family_d,
    family_e,
    family_f,
    family_p,
)
from validation.reference.compare import Checker
from validation.reference.loader import Case, Library

Check = Callable[[Case, Library, Checker], None]

FAMILIES: dict[str, Check] = {
    "a": family_a.check,
    "b1": family_b1.check,
    "b2": family_b2.check,
    "b3": family_b3.check,
    "c": family_c.check,
    "d": family_d.check,
    "e": family_e.check,
    "f": family_f.check,
    "p": family_p.check,
}


@dataclass(frozen=True)
class Outcome:
    """What one family gave.

    Attributes
    ----------
    faults : tuple of str
        One line for each number that differs and each case that broke off.
    failed : tuple of str
        Ids of the cases with a fault.
    worst_absolute, worst_relative : float
        Largest differences among the numbers that agree: absolute for those of size 1 and below, relative
        for those above; with the names of where they are.
    """

    family: str
    cases: int
    errors_expected: int
    numbers: int
    failed: tuple[str, ...]
    faults: tuple[str, ...]
    worst_absolute: float
    worst_relative: float
    worst_absolute_name: str
    worst_relative_name: str

    def __str__(self) -> str:
        return (
            f"family {self.family}: {self.cases} cases ({self.errors_expected} where R fails), "
            f"{self.numbers} numbers compared, {len(self.failed)} cases fail\n"
            f"    worst absolute {self.worst_absolute:.1e} ({self.worst_absolute_name or 'none'})\n"
            f"    worst relative {self.worst_relative:.1e} ({self.worst_relative_name or 'none'})"
        )


def _check_of(family: str) -> Check:
    if family not in FAMILIES:
        raise NotImplementedError(f"the family {family!r} is not known")
    return FAMILIES[family]


def run(family: str, library: Library) -> Outcome:
    cases = library.cases(family)
    checker = Checker()
    failed = []
    for case in cases:
        before = len(checker.faults)
        try:
            _check_of(family)(case, library, checker)
        except Exception as error:  # noqa: BLE001 - whatever breaks off a case is a fault of the case
            checker.faults.append(f"{case['id']}: {type(error).__name__}: {error}")
        if len(checker.faults) > before:
            failed.append(case["id"])
    return Outcome(
        family=family,
        cases=len(cases),
        errors_expected=sum("error" in case for case in cases),
        numbers=checker.numbers,
        failed=tuple(failed),
        faults=tuple(checker.faults),
        worst_absolute=checker.worst_absolute,
        worst_relative=checker.worst_relative,
        worst_absolute_name=checker.worst_absolute_name,
        worst_relative_name=checker.worst_relative_name,
    )
