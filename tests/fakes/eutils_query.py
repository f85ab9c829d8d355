"""The part of PubMed's query language that the fake server understands, and the articles it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.fakes.corpus import Article

_TOKEN = re.compile(r'\(|\)|"[^"]*"(?:\[[^\]]*\])?|[^\s()"\[\]]+(?:\[[^\]]*\])?')
_UIDS = re.compile(r"(\d+)(?::(\d+))?\[(?:uid|pmid)\]", re.IGNORECASE)
_OPERATORS = ("AND", "OR", "NOT")


class Index:
    """Articles by PMID and by words."""

    def __init__(self, corpus: Sequence[Article]) -> None:
        self.corpus = corpus
        self.size = len(corpus)
        self.by_pmid = {article.pmid: article for article in corpus}
        self.versions: dict[str, list[Article]] = {}
        for article in corpus:
            self.versions.setdefault(article.pmid, []).append(article)
        self.newest_first = sorted(self.by_pmid, key=int, reverse=True)
        self.all = frozenset(self.by_pmid)
        self._texts = {pmid: _text_of(article) for pmid, article in self.by_pmid.items()}
        self._with: dict[str, frozenset[str]] = {}

    def with_words(self, words: str) -> frozenset[str]:
        """Return the PMIDs of the articles whose text holds `words`."""
        words = words.lower()
        if words not in self._with:
            self._with[words] = frozenset(pmid for pmid, text in self._texts.items() if words in text)
        return self._with[words]

    def within(self, pmids: Iterable[str], form: dict[str, str]) -> frozenset[str]:
        """Return those within the dates of a request; PubMed takes bounds only in pairs, so does this."""
        if "mindate" not in form or "maxdate" not in form:
            return frozenset(pmids)
        first, last = _day(form["mindate"], last=False), _day(form["maxdate"], last=True)
        kind = form.get("datetype", "pdat")
        return frozenset(pmid for pmid in pmids if first <= _dated(self.by_pmid[pmid], kind) <= last)


@dataclass
class Query:
    """One query, read from left to right as PubMed does: its operators have no precedence."""

    index: Index
    term: str
    history: Callable[[str], Iterable[str] | None] = lambda key: None
    unknown: list[str] = field(default_factory=list)
    translation: str = ""

    def run(self) -> frozenset[str]:
        """Return the PMIDs that it finds, and keep what it did not know and how it was understood."""
        self._tokens = _TOKEN.findall(self.term)
        self._said: list[str] = []
        found = self._group()
        self.translation = " ".join(self._said).replace("( ", "(").replace(" )", ")")
        return found

    def _group(self) -> frozenset[str]:
        found: frozenset[str] | None = None
        operator = "AND"
        while self._tokens and self._tokens[0] != ")":
            token = self._tokens.pop(0)
            if token in _OPERATORS:
                operator = token
                continue
            if found is not None:
                self._said.append(operator)
            if token == "(":
                self._said.append("(")
                these = self._group()
                self._tokens = self._tokens[1:]
                self._said.append(")")
            else:
                these = self._one(token)
            found = these if found is None else _joined(found, these, operator)
            operator = "AND"
        return found or frozenset()

    def _one(self, token: str) -> frozenset[str]:
        if uids := _UIDS.fullmatch(token):
            self._said.append(token)
            low, high = int(uids.group(1)), int(uids.group(2) or uids.group(1))
            return frozenset(pmid for pmid in self.index.newest_first if low <= int(pmid) <= high)
        words = re.sub(r"\[[^\]]*\]$", "", token).strip('"')
        if token.startswith("#"):
            listed = self.history(token[1:])
            self._said.append(token)
            if listed is None:
                self.unknown.append(token)
            return frozenset(listed or ()) & self.index.all
        if token.lower() == "all[sb]":
            self._said.append(token)
            return self.index.all
        self._said.append(f'"{words}"[All Fields]')
        found = self.index.with_words(words)
        if not found:
            self.unknown.append(words)
        return found


def _joined(left: frozenset[str], right: frozenset[str], operator: str) -> frozenset[str]:
    return {"AND": left & right, "OR": left | right, "NOT": left - right}[operator]


def _text_of(article: Article) -> str:
    parts = [
        article.title,
        *(text for _, text in article.abstract),
        *(family for family, _ in article.authors),
    ]
    return " ".join(parts).lower()


def _dated(article: Article, kind: str) -> date:
    if kind == "mdat":
        return article.revised
    return date(article.year, 1, 1) if kind == "pdat" else article.entered


def _day(text: str, *, last: bool) -> date:
    parts = text.split("/")
    if len(parts) == 3:
        return datetime.strptime(text, "%Y/%m/%d").date()
    return date(int(parts[0]), 12, 31) if last else date(int(parts[0]), 1, 1)
