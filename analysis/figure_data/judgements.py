"""From agreed judgements on risk of bias to their figures."""

from collections.abc import Sequence

from analysis.appraisal import Tool
from analysis.plots import RobData, RobRow
from analysis.selectors.appraisals import OVERALL, Light


def judgements_of(title: str, lights: Sequence[Light], tool: Tool) -> RobData:
    """The agreed judgements on risk of bias for one outcome; a trial with two results has two rows."""
    rows = tuple(
        RobRow(
            label=f"{light.label} ({light.numerical_result})" if light.numerical_result else light.label,
            judgements={key: value for key, value in light.judgements.items() if key != OVERALL},
            overall=light.judgements.get(OVERALL),
        )
        for light in lights
    )
    # A domain with variants (effect of assignment, of adhering) is one column.
    domains = {domain.id: domain.label for domain in reversed(tool.domains)}
    return RobData(title=title, domains=tuple(sorted(domains.items())), rows=rows)
