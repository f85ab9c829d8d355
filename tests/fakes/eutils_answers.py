"""The replies of E-utilities, written as NCBI writes them."""

# ruff: noqa: E501  # templates of XML keep the lines that the service writes

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.fakes.corpus import Article

DECLARATION = '<?xml version="1.0" encoding="UTF-8" ?>\n'
_ESEARCH_DTD = (
    '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20270101//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20270101/esearch_270101.dtd">'
)
# tag, name, description, whether a date, whether hidden
_FIELDS = (
    ("ALL", "All Fields", "Every term of every field", "N", "N"),
    ("UID", "UID", "Number of the publication", "N", "Y"),
    ("TITL", "Title", "Words of the title", "N", "N"),
    ("TIAB", "Title/Abstract", "Words of title and abstract", "N", "N"),
    ("MESH", "MeSH Terms", "Headings given to the publication", "N", "N"),
    ("EDAT", "Date - Entry", "Day of entry", "Y", "N"),
)


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading of the made-up MeSH."""

    uid: str
    names: tuple[str, ...]
    scope: str
    ui: str = ""


HEADINGS = (
    Heading(
        "68900001", ("Marsh Fever", "Bog Fever", "Fever, Marsh"), "A fever of\n marshes & bogs.", "D900001"
    ),
    Heading("68900002", ("Glass Lung",), ""),
    Heading("68900003", ("Fever, Amber", "Amber Fever"), "A fever of amber.", "D900003"),
)


def search(
    *,
    count: int,
    start: int,
    ids: Sequence[str],
    history: tuple[str, str] | None,
    translation: str,
    notes: str,
) -> str:
    """Write a reply of ESearch."""
    place = f"<QueryKey>{history[1]}</QueryKey><WebEnv>{history[0]}</WebEnv>" if history else ""
    listed = "".join(f"<Id>{pmid}</Id>\n" for pmid in ids)
    return (
        f"{DECLARATION}{_ESEARCH_DTD}\n<eSearchResult><Count>{count}</Count><RetMax>{len(ids)}</RetMax>"
        f"<RetStart>{start}</RetStart>{place}<IdList>{listed}</IdList><TranslationSet/>"
        f"<QueryTranslation>{escape(translation)}</QueryTranslation>{notes}</eSearchResult>\n"
    )


def notes(unknown: Sequence[str], *, count: int, capped: bool) -> str:
    """Write what ESearch did not find or could not give."""
    errors = "".join(f"<PhraseNotFound>{escape(word)}</PhraseNotFound>" for word in unknown)
    messages = ["No items found."] if not count else []
    messages += ["Restrictions achieved: the first 9,999 records are listed."] if capped else []
    said = "".join(f"<OutputMessage>{message}</OutputMessage>" for message in messages)
    return (f"<ErrorList>{errors}</ErrorList>" if errors else "") + (
        f"<WarningList>{said}</WarningList>" if said else ""
    )


def error(root: str, message: str) -> str:
    """Write an error as the utility with this root states it."""
    return f"{DECLARATION}<{root}><ERROR>{escape(message)}</ERROR></{root}>"


def post(webenv: str, key: str, invalid: Sequence[str]) -> str:
    """Write a reply of EPost."""
    wrong = "".join(f"<Id>{escape(one)}</Id>" for one in invalid)
    listed = f"<InvalidIdList>{wrong}</InvalidIdList>" if wrong else ""
    return (
        f"{DECLARATION}<ePostResult>{listed}<QueryKey>{key}</QueryKey><WebEnv>{webenv}</WebEnv></ePostResult>"
    )


def summaries(chosen: Iterable[Article | str]) -> str:
    """Write a reply of ESummary; a PMID in place of an article is one that PubMed does not know."""
    parts = [
        f"<ERROR>UID={one}: cannot get document summary</ERROR>"
        if isinstance(one, str)
        else f'<DocSum><Id>{one.pmid}</Id><Item Name="Title" Type="String">{escape(one.title)}</Item></DocSum>'
        for one in chosen
    ]
    return f"{DECLARATION}<eSummaryResult>{''.join(parts)}</eSummaryResult>"


def mesh_summaries(uids: Sequence[str]) -> str:
    """Write what ESummary says of headings."""
    parts = []
    for heading in (heading for uid in uids for heading in HEADINGS if heading.uid == uid):
        names = "".join(f'<Item Name="string" Type="String">{escape(name)}</Item>' for name in heading.names)
        ui = f'<Item Name="DS_MeSHUI" Type="String">{heading.ui}</Item>' if heading.ui else ""
        parts.append(
            f'<DocSum><Id>{heading.uid}</Id><Item Name="DS_ScopeNote" Type="String">{escape(heading.scope)}</Item>{ui}'
            f'<Item Name="DS_MeshTerms" Type="List">{names}</Item></DocSum>'
        )
    return f"{DECLARATION}<eSummaryResult>{''.join(parts)}</eSummaryResult>"


def links(sets: Sequence[tuple[Sequence[str], Sequence[str]]], linkname: str) -> str:
    """Write a reply of ELink, a set for each group of identifiers; without links there is no LinkSetDb."""
    parts = []
    for of, linked in sets:
        ids = "".join(f"<Id>{pmid}</Id>" for pmid in of)
        found = "".join(f"<Link><Id>{pmid}</Id></Link>" for pmid in linked)
        database = (
            f"<LinkSetDb><DbTo>pubmed</DbTo><LinkName>{linkname}</LinkName>{found}</LinkSetDb>"
            if found
            else ""
        )
        parts.append(f"<LinkSet><DbFrom>pubmed</DbFrom><IdList>{ids}</IdList>{database}</LinkSet>")
    return f"{DECLARATION}<eLinkResult>{''.join(parts)}</eLinkResult>"


def info() -> str:
    """Write what EInfo says of PubMed."""
    fields = "".join(
        f"<Field><Name>{tag}</Name><FullName>{name}</FullName><Description>{description}</Description><TermCount/>"
        f"<IsDate>{is_date}</IsDate><IsNumerical>N</IsNumerical><IsHidden>{hidden}</IsHidden></Field>"
        for tag, name, description, is_date, hidden in _FIELDS
    )
    return (
        f"{DECLARATION}<eInfoResult><DbInfo><DbName>pubmed</DbName><MenuName>PubMed</MenuName>"
        f"<FieldList>{fields}</FieldList></DbInfo></eInfoResult>"
    )
