"""Thirteen trials of BCG vaccination against tuberculosis (metadat 1.2-0, dat.bcg), and what R says of them.

The numbers marked as R's come from metafor 3.8-1 or meta 8.2-1 under R 4.2.2, to 15 digits.
"""

from analysis.meta import Arm, Effects, StudyData, two_by_two

EVENTS1 = [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27]
TOTALS1 = [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913]
EVENTS2 = [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29]
TOTALS2 = [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854]
ALLOCATION = ["random"] * 4 + ["alternate"] * 2 + ["random"] * 3 + ["systematic"] * 4


def risk_ratios() -> Effects:
    return two_by_two(EVENTS1, TOTALS1, EVENTS2, TOTALS2, measure="RR")


def odds_ratios() -> Effects:
    return two_by_two(EVENTS1, TOTALS1, EVENTS2, TOTALS2, measure="OR")


def studies() -> list[StudyData]:
    rows = zip(EVENTS1, TOTALS1, EVENTS2, TOTALS2, ALLOCATION, strict=True)
    return [
        StudyData(
            id=f"s{row}",
            label=f"Trial {row}",
            arms=(Arm(events=a, total=n1), Arm(events=c, total=n2)),
            subgroup=allocation,
        )
        for row, (a, n1, c, n2, allocation) in enumerate(rows, start=1)
    ]
