"""The boxes of the PRISMA 2020 flow with their words, from the flow's numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.prisma import Flow, Named

# How many sources or reasons a box names before it sums up the rest.
NAMED_MAX = 8


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box: a heading with its count, and lines under it.

    Attributes
    ----------
    key : str
        Stable name; links and tests use it.
    heading : str
        With its count, e.g. "Records screened (n = 70)".
    lines : tuple of str
        Indented under the heading.
    is_waiting : bool
        Whether the box is a place of work under way; drawn dashed.
    """

    key: str
    heading: str
    lines: tuple[str, ...] = ()
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step down the flow: the box in the column, and the boxes that lead out of it.

    Attributes
    ----------
    stage : str
        "identification", "screening" or "included".
    main : FlowBox
    sides : tuple of FlowBox
        First what leaves the flow, then what waits.
    """

    stage: str
    main: FlowBox
    sides: tuple[FlowBox, ...]


def flow_steps(flow: Flow) -> tuple[FlowStep, ...]:
    """Put the flow's numbers into boxes: new review, databases and registers.

    Parameters
    ----------
    flow : Flow
        The numbers.

    Returns
    -------
    tuple of FlowStep
        Top to bottom. Places of work under way appear only while something is in them.

    References
    ----------
    Page MJ et al. BMJ 2021;372:n71, figure 1. doi:10.1136/bmj.n71.
    """
    return (
        FlowStep("identification", _identified(flow), (_removed(flow),)),
        FlowStep(
            "screening",
            FlowBox("screened", _counted("Records screened", flow.records_screened)),
            (
                FlowBox("excluded", _counted("Records excluded", flow.records_excluded)),
                *_waiting("awaiting_screening", "Records awaiting a decision", flow.awaiting_screening),
            ),
        ),
        FlowStep(
            "screening",
            FlowBox("sought", _counted("Reports sought for retrieval", flow.dbr_sought_reports)),
            (
                FlowBox("not_retrieved", _counted("Reports not retrieved", flow.dbr_notretrieved_reports)),
                *_waiting("awaiting_retrieval", "Reports awaiting retrieval", flow.awaiting_retrieval),
            ),
        ),
        FlowStep(
            "screening",
            FlowBox("assessed", _counted("Reports assessed for eligibility", flow.dbr_assessed)),
            (
                _excluded(flow.dbr_excluded),
                *_waiting("awaiting_assessment", "Reports awaiting a decision", flow.awaiting_assessment),
            ),
        ),
        FlowStep(
            "included",
            FlowBox(
                "included",
                _counted("Studies included in review", flow.new_studies),
                (_counted("Reports of included studies", flow.new_reports),),
            ),
            (
                *_waiting(
                    "awaiting_classification",
                    "Reports awaiting classification",
                    flow.awaiting_classification,
                ),
                *_waiting("ongoing", "Reports of ongoing studies", flow.ongoing),
            ),
        ),
    )


def _identified(flow: Flow) -> FlowBox:
    lines = [_counted("Databases", flow.database_results)]
    lines += [f"   {line}" for line in _names(flow.database_specific)]
    lines.append(_counted("Registers", flow.register_results))
    lines += [f"   {line}" for line in _names(flow.register_specific)]
    others = (
        ("Websites", flow.website_results),
        ("Organisations", flow.organisation_results),
        ("Citation searching", flow.citations_results),
    )
    lines += [_counted(name, n) for name, n in others if n]
    return FlowBox("identified", "Records identified from:", tuple(lines))


def _removed(flow: Flow) -> FlowBox:
    lines = (
        _counted("Duplicate records removed", flow.duplicates),
        _counted("Records marked as ineligible by automation tools", flow.excluded_automatic),
        _counted("Records removed for other reasons", flow.excluded_other),
    )
    return FlowBox("removed", "Records removed before screening:", lines)


def _excluded(reasons: Sequence[Named]) -> FlowBox:
    total = sum(reason.n for reason in reasons)
    if not reasons:
        return FlowBox("excluded_assessment", _counted("Reports excluded", total))
    return FlowBox("excluded_assessment", _counted("Reports excluded", total) + ":", tuple(_names(reasons)))


def _waiting(key: str, heading: str, n: int) -> tuple[FlowBox, ...]:
    return (FlowBox(key, _counted(heading, n), is_waiting=True),) if n else ()


def _names(named: Sequence[Named]) -> list[str]:
    shown = [_counted(item.name, item.n) for item in named[:NAMED_MAX]]
    rest = named[NAMED_MAX:]
    if rest:
        shown.append(_counted(f"{len(rest)} others", sum(item.n for item in rest)))
    return shown


def _counted(words: str, n: int) -> str:
    return f"{words} (n\u00a0=\u00a0{_n(n)})"


def _n(n: int) -> str:
    # A thin space between thousands, as everywhere on the pages.
    return f"{n:,}".replace(",", "\u2009")
