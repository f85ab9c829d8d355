"""Why a whole file is refused."""

from __future__ import annotations

from reviews.errors import InvalidInput


class UnknownFormat(InvalidInput):
    """The content is none of the formats that are read here; ``name`` and ``found`` say what came."""

    code = "unknown_format"
    sentence = (
        "{name} is not a file of references in RIS, NBIB, PubMed XML, EndNote XML, ENW, BibTeX, "
        "Web of Science, CSV or XLSX. It looks like: {found}."
    )


class UnreadableFile(InvalidInput):
    """The content is of a known format but cannot be read as a whole; ``reason`` says why."""

    code = "unreadable_file"
    sentence = "This file cannot be read: {reason}."
