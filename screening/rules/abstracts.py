"""Find the headings of a structured abstract, so that the eye finds its part."""

import re
from dataclasses import dataclass

# Headings as journals print them: known words at the start of a sentence, or any label in capitals.
_KNOWN = (
    r"Background(?: and (?:Aims?|Objectives?|Purpose))?|Context|Introduction|Importance|Rationale|Aims?|"
    r"Objectives?|Purpose|Hypothesis|Study [Dd]esign|Trial [Dd]esign|Design|Setting|Settings|Participants|"
    r"Patients(?: and [Mm]ethods)?|Population|Subjects|Interventions?|Exposures?|Comparators?|"
    r"Main [Oo]utcomes?(?: and [Mm]easures?| [Mm]easures?)?|Outcomes?|Measurements?|"
    r"Materials? and [Mm]ethods?|Methods?(?: and (?:[Ff]indings|[Mm]aterials?|[Aa]nalysis|[Rr]esults))?|"
    r"Data [Ss]ources|Study [Ss]election|Data [Ee]xtraction(?: and [Ss]ynthesis)?|Findings|"
    r"Results?|Conclusions?(?: and [Rr]elevance)?|Discussion|Interpretation|Limitations?|Significance|"
    r"Funding|Trial [Rr]egistration|Registration"
)
_CAPITALS = r"[A-Z][A-Z/&,\- ]{1,60}[A-Z]"
_HEADING = re.compile(rf"(?:^|(?<=\n)|(?<=[.!?)\]] ))(?P<label>{_KNOWN}|{_CAPITALS})\s*:\s*")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an abstract; the heading is empty where the text stands without one."""

    heading: str
    text: str


def sections(abstract: str) -> list[Section]:
    """Return the parts of an abstract in their order.

    Parameters
    ----------
    abstract : str
        The text as the source gave it: a line for each section, or one run of text with labels in it.

    Returns
    -------
    list of Section
        Empty for an empty abstract; nothing of the text is lost but the colons after headings.

    Examples
    --------
    >>> [part.heading for part in sections("AIM: To see. RESULTS: We saw.")]
    ['Aim', 'Results']
    """
    text = abstract.strip()
    found = list(_HEADING.finditer(text))
    starts = [match.start() for match in found] + [len(text)]
    parts = [Section("", lead)] if (lead := text[: starts[0]].strip()) else []
    for match, end in zip(found, starts[1:], strict=True):
        label = match["label"]
        heading = label.capitalize() if label.isupper() else label
        parts.append(Section(heading, text[match.end() : end].strip()))
    return parts
