"""The input: records of real exports, or generated ones, repeated under new identifiers and titles."""

import gzip
import random
import re
from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path

SEED = 20261122
GENERATED = 500  # different records, where there are no exports
FIRST_ID = 40_000_000

XML_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
XML_TAIL = b"</PubmedArticleSet>\n"

_ARTICLE = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
_PMID = re.compile(rb"(<PMID[^>]*>)\d+")
_XML_TITLE = re.compile(rb"<ArticleTitle>")
_RIS = re.compile(r"^TY  - .*?^ER  -[^\n]*$", re.DOTALL | re.MULTILINE)
_RIS_TITLE = re.compile(r"^(T[I1]  - )", re.MULTILINE)
_RIS_ID = re.compile(r"^((?:AN|U2|PM)  - ).*$", re.MULTILINE)
_NAMED_PMID = re.compile(r"(pmid:?\s*|/pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/)\d{1,8}", re.IGNORECASE)


def articles(data: Path | None) -> list[bytes]:
    """PubMed's articles, each as its XML."""
    files = sorted((data / "pubmed").glob("*.xml.gz")) if data else []
    found = [article for file in files for article in _ARTICLE.findall(gzip.decompress(file.read_bytes()))]
    return found or _made_articles()


def references(data: Path | None) -> list[str]:
    """Records of RIS exports, each with its end."""
    files = sorted((data / "ris").glob("*.ris")) if data else []
    texts = (file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n") for file in files)
    return [found for text in texts for found in _RIS.findall(text)] or _made_references()


def xml_pieces(data: Path | None, how_many: int) -> Iterator[bytes]:
    """A whole PubMed file in pieces."""
    yield XML_HEAD
    for number, article in zip(count(FIRST_ID), islice(cycle(articles(data)), how_many), strict=False):
        renamed = _PMID.sub(rb"\g<1>%d" % number, article, count=1)
        yield _XML_TITLE.sub(b"<ArticleTitle>%d " % number, renamed, count=1) + b"\n"
    yield XML_TAIL


def ris_pieces(data: Path | None, how_many: int) -> Iterator[bytes]:
    """A whole RIS file in pieces."""
    for number, record in zip(count(FIRST_ID), islice(cycle(references(data)), how_many), strict=False):
        renamed = _RIS_TITLE.sub(rf"\g<1>{number} ", record, count=1)
        renamed = _NAMED_PMID.sub(rf"\g<1>{number}", _RIS_ID.sub(rf"\g<1>{number}", renamed))
        yield f"{renamed}\n\n".encode()


def write(path: Path, data: Path | None, how_many: int) -> None:
    """One file, as its name ends: .ris, .xml or .xml.gz."""
    pieces = (ris_pieces if path.suffix == ".ris" else xml_pieces)(data, how_many)
    with path.open("wb") as plain:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=1) as packed:
                packed.writelines(pieces)
        else:
            plain.writelines(pieces)


_WORDS = (
    *(
        "marsh",
        "fever",
        "drug",
        "alpha",
        "placebo",
        "adults",
        "children",
        "trial",
        "randomised",
        "controlled",
    ),
    *("outcome", "response", "remission", "baseline", "week", "dose", "survival", "risk", "ratio", "group"),
)


def _words(rng: random.Random, how_many: int) -> str:
    return " ".join(rng.choices(_WORDS, k=how_many))


def _made_articles() -> list[bytes]:
    rng = random.Random(SEED)
    return [_made_article(rng, number) for number in range(GENERATED)]


def _made_article(rng: random.Random, number: int) -> bytes:
    authors = "".join(
        f"<Author><LastName>Family{rng.randrange(5000)}</LastName><ForeName>Given</ForeName></Author>"
        for _ in range(rng.randint(2, 8))
    )
    sections = "".join(
        f'<AbstractText Label="{label}">{_words(rng, 50)}</AbstractText>'
        for label in ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSION")
    )
    headings = "".join(
        f"<MeshHeading><DescriptorName>{_words(rng, 2)}</DescriptorName></MeshHeading>" for _ in range(12)
    )
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{number}</PMID><Article><Journal><JournalIssue>'
        f"<Volume>{number % 90}</Volume><Issue>{number % 12}</Issue><PubDate>"
        f"<Year>{1990 + number % 30}</Year></PubDate></JournalIssue><Title>Journal of fever</Title></Journal>"
        f"<ArticleTitle>{_words(rng, 12)}</ArticleTitle><Pagination><MedlinePgn>1-9</MedlinePgn></Pagination>"
        f'<ELocationID EIdType="doi">10.5555/made.{number}</ELocationID><Abstract>{sections}</Abstract>'
        f"<AuthorList>{authors}</AuthorList><Language>eng</Language><PublicationTypeList>"
        f"<PublicationType>Journal Article</PublicationType></PublicationTypeList></Article>"
        f"<MeshHeadingList>{headings}</MeshHeadingList></MedlineCitation></PubmedArticle>"
    ).encode()


def _made_references() -> list[str]:
    rng = random.Random(SEED)
    return [
        "\n".join(
            [
                "TY  - JOUR",
                f"TI  - {_words(rng, 12)}",
                *(f"AU  - Family{rng.randrange(5000)}, Given" for _ in range(rng.randint(2, 8))),
                f"PY  - {1990 + number % 30}",
                "JF  - Journal of fever",
                f"VL  - {number % 90}",
                "SP  - 1",
                "EP  - 9",
                f"DO  - 10.5555/made.{number}",
                f"AN  - {number}",
                f"AB  - {_words(rng, 200)}",
                *(f"KW  - {_words(rng, 2)}" for _ in range(8)),
                "ER  - ",
            ]
        )
        for number in range(GENERATED)
    ]
