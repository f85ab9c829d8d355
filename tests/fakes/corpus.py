"""A small made-up PubMed: every title, name and number below is generated."""

# ruff: noqa: E501  # templates of XML keep the lines that the service writes

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from xml.sax.saxutils import escape

_DRUGS = ("alphamab", "betanib", "gammavir", "deltastatin", "epsilol")
_DISEASES = ("marsh fever", "glass lung", "amber anaemia", "paper skin", "slow sleep")
_DESIGNS = ("randomised trial", "cohort study", "case series", "phase 2 trial")
_FIRST_PMID = 30_000_001


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the made-up PubMed."""

    pmid: str
    title: str
    abstract: tuple[tuple[str, str], ...]
    authors: tuple[tuple[str, str], ...]
    journal: str
    year: int
    volume: str
    pages: str
    doi: str
    entered: date
    revised: date
    retracted_by: str = ""
    version: int = 1
    is_book: bool = False

    def xml(self) -> str:
        """Return the article, or the chapter, as EFetch writes it."""
        return self._chapter() if self.is_book else self._article()

    def _chapter(self) -> str:
        people = "".join(
            f"<Author><LastName>{escape(family)}</LastName><ForeName>{escape(given)}</ForeName></Author>"
            for family, given in self.authors
        )
        return (
            f'<PubmedBookArticle><BookDocument><PMID Version="{self.version}">{self.pmid}</PMID><ArticleIdList>'
            f'<ArticleId IdType="doi">{self.doi}</ArticleId></ArticleIdList><Book><Publisher><PublisherName>Made Press'
            f"</PublisherName></Publisher><BookTitle>{escape(self.journal)}</BookTitle><PubDate><Year>{self.year}</Year>"
            f"</PubDate></Book><ArticleTitle>{escape(self.title)}</ArticleTitle><AuthorList>{people}</AuthorList>"
            f"<Abstract><AbstractText>{escape(' '.join(text for _, text in self.abstract))}</AbstractText></Abstract>"
            f"</BookDocument><PubmedBookData><PublicationStatus>ppublish</PublicationStatus></PubmedBookData>"
            f"</PubmedBookArticle>"
        )

    def _article(self) -> str:
        sections = "".join(
            f'<AbstractText Label="{label}">{escape(text)}</AbstractText>' for label, text in self.abstract
        )
        people = "".join(
            f'<Author ValidYN="Y"><LastName>{escape(family)}</LastName><ForeName>{escape(given)}</ForeName></Author>'
            for family, given in self.authors
        )
        link = (
            f'<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>Notice</RefSource>'
            f'<PMID Version="1">{self.retracted_by}</PMID></CommentsCorrections></CommentsCorrectionsList>'
            if self.retracted_by
            else ""
        )
        return (
            f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="{self.version}">{self.pmid}</PMID>'
            f"<DateRevised>{_parts(self.revised)}</DateRevised>"
            f'<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Print"><Volume>{self.volume}</Volume>'
            f"<PubDate><Year>{self.year}</Year></PubDate></JournalIssue><Title>{escape(self.journal)}</Title></Journal>"
            f"<ArticleTitle>{escape(self.title)}</ArticleTitle><Pagination><MedlinePgn>{self.pages}</MedlinePgn>"
            f'</Pagination><Abstract>{sections}</Abstract><AuthorList CompleteYN="Y">{people}</AuthorList>'
            f"<Language>eng</Language><PublicationTypeList><PublicationType>Journal Article</PublicationType>"
            f"</PublicationTypeList></Article>{link}</MedlineCitation><PubmedData><ArticleIdList>"
            f'<ArticleId IdType="pubmed">{self.pmid}</ArticleId><ArticleId IdType="doi">{self.doi}</ArticleId>'
            f"</ArticleIdList></PubmedData></PubmedArticle>"
        )


def _parts(day: date) -> str:
    return f"<Year>{day:%Y}</Year><Month>{day:%m}</Month><Day>{day:%d}</Day>"


def articles(
    number: int,
    *,
    first_entered: date = date(2024, 1, 1),
    a_day: int = 1,
    pmids: Iterable[int] | None = None,
) -> list[Article]:
    """Make `number` different articles, `a_day` of them entered each day from `first_entered` on."""
    made = []
    numbers = range(_FIRST_PMID, _FIRST_PMID + number) if pmids is None else pmids
    for index, pmid in zip(range(number), numbers, strict=False):
        drug, disease = _DRUGS[index % 5], _DISEASES[(index // 5) % 5]
        day = first_entered + timedelta(days=index // a_day)
        made.append(
            Article(
                pmid=str(pmid),
                title=f"{drug.capitalize()} for {disease}: a {_DESIGNS[index % 4]}, report {index + 1}",
                abstract=(
                    ("BACKGROUND", f"{disease} & its care."),
                    ("RESULTS", f"{index} of {index + 9} improved."),
                ),
                authors=((f"Family{index}", "Given A"), (f"Second{index}", "Given B")),
                journal=f"Journal of {disease.title()}",
                year=day.year,
                volume=str(1 + index % 7),
                pages=f"{index * 10 + 1}-{index * 10 + 9}",
                doi=f"10.5555/made.{index + 1}",
                entered=day,
                revised=day,
            )
        )
    return made


def revised(article: Article, *, on: date, title: str) -> Article:
    """Return `article` with another title, revised on that day."""
    return replace(article, revised=on, title=title)


def article_set(chosen: Sequence[Article]) -> str:
    """Return the articles as one EFetch reply."""
    return (
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2027//EN" '
        '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_270101.dtd">\n<PubmedArticleSet>'
        + "\n".join(article.xml() for article in chosen)
        + "</PubmedArticleSet>"
    )
