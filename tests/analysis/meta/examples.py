"""Small made-up studies for tests whose point is a rule and not a number."""

from analysis.meta import Arm, StudyData


def single_arm(*counts: tuple[int, int], subgroups: tuple[str | None, ...] = ()) -> list[StudyData]:
    groups = subgroups or (None,) * len(counts)
    return [
        StudyData(f"s{row}", f"Study {row}", (Arm(events=x, total=n),), group)
        for row, ((x, n), group) in enumerate(zip(counts, groups, strict=True), start=1)
    ]


def two_means(*moments: tuple[float, float]) -> list[StudyData]:
    return [
        StudyData(f"s{row}", f"Study {row}", (Arm(mean=one, sd=2.0, n=20), Arm(mean=two, sd=2.5, n=22 + row)))
        for row, (one, two) in enumerate(moments, start=1)
    ]
