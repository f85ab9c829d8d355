"""BibTeX, its names and its LaTeX."""

from __future__ import annotations

import io

import pytest

from reviews.formats import ParsedRecord, RowProblem, read
from reviews.formats.latex import plain
from reviews.formats.names import split_names

ENTRY = r"""@article{berg2020,
  author = {B{\o}rg, {\AA}nna and Holm, Jr, Lars and Ludwig van Beethoven and
    {Fever and Marsh Group} and others},
  title = {{Drug alpha}: a trial of {CD}19 \& more},
  journal = jf # { {B}},
  year = 2020,
  volume = "12",
  number = {3},
  pages = {101--110},
  doi = {10.5555/alpha\_1},
  keywords = {fever; marsh},
  url = {https://example.org/~a},
  abstract = {One {two} and
    three.},
  note = {PMID: 123456},
}
"""
STRING = "@string{jf = {Journal of fever}}\n"


def _read(text: str) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(text.encode()), name="library.bib"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def test_an_entry_is_read() -> None:
    (record,), problems = _read(STRING + ENTRY)

    assert problems == []
    assert record.title == "Drug alpha: a trial of CD19 & more"
    assert record.authors == (
        "Børg, Ånna", "Holm Jr, Lars", "van Beethoven, Ludwig", "Fever and Marsh Group",
    )  # fmt: skip
    assert (record.journal, record.volume, record.issue, record.pages, record.year) == (
        "Journal of fever B", "12", "3", "101-110", 2020,
    )  # fmt: skip
    assert (record.doi, record.pmid, record.url) == ("10.5555/alpha_1", "123456", "https://example.org/~a")
    assert (record.abstract, record.keywords) == ("One two and three.", ("fever", "marsh"))
    assert record.publication_types == ("Journal Article",)
    assert record.raw == ENTRY.rstrip()


def test_biblatex_fields_are_known() -> None:
    (record,), _ = _read(
        "@thesis{x, title={Marsh}, subtitle={A fever}, date={2019-03-04}, journaltitle={Fever}, "
        "eprinttype={pubmed}, eprint={77}, langid={english}, unique-id={WOS:1}}"
    )

    assert (record.title, record.year, record.journal) == ("Marsh: A fever", 2019, "Fever")
    assert (record.pmid, record.external_id, record.language) == ("77", "77", "english")


@pytest.mark.parametrize(
    "text",
    [
        "@article{, title={Fever}}",
        "@article{title={Fever}}",
        "@article{key\n title={Fever}}",
        "@ARTICLE (key, TITLE = {Fever})",
        '@article{key, title = "Fever"}',
        "@comment{ @article{x, title={no}} }\n@preamble{{\\x}}\nwords @ here\n@misc{key, title={Fever}}",
    ],
)
def test_keys_and_brackets_may_be_odd(text: str) -> None:
    records, problems = _read(text)

    assert ([record.title for record in records], problems) == (["Fever"], [])


def test_an_entry_that_is_not_closed_ends_where_the_next_begins() -> None:
    records, problems = _read(
        "@article{a, title={Fever {of}, year={2001},\n abstract={x}\n}\n@article{b, title={Marsh}}\n"
    )

    assert [(record.title, record.year) for record in records] == [("Fever of", 2001), ("Marsh", None)]
    assert [(p.row, p.code, p.kept) for p in problems] == [(1, "unbalanced_braces", True)]


def test_an_entry_that_is_closed_too_soon_goes_on() -> None:
    records, problems = _read("@article{a, title={Fever} too},\n  year={2003},\n  doi={10.5555/1}\n}\n")

    assert [(record.title, record.year, record.doi) for record in records] == [("Fever", 2003, "10.5555/1")]
    assert [p.code for p in problems] == ["unbalanced_braces"]


def test_a_file_that_ends_in_an_entry_keeps_it() -> None:
    records, problems = _read("@article{a, title={Marsh}}\n@article{b, title={Fever}, author={Be")

    assert [record.title for record in records] == ["Marsh", "Fever"]
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "truncated", True)]


def test_entries_on_one_line_are_all_read() -> None:
    records, _ = _read("@article{a,title={One}}@article{b,title={Two}} @article{c,title={Three}}")

    assert [record.title for record in records] == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (r"M{\"u}ller M\"uller M{\"{u}}ller", "Müller Müller Müller"),
        (r"Garc{\'\i}a Garc\'{\i}a na\"\i ve", "García García naïve"),
        (r"{\v{S}}im{\v s}a \c{c} \k{a} \H{o} \r{a} \~n", "Šimša ç ą ő å ñ"),
        (r"Stra{\ss}e {\O}rsted \L{}ukasz {\AA}", "Straße Ørsted Łukasz Å"),
        (r"H$_2$O $\alpha$-synuclein $x^{2}$ $\geq$ 5", "H2O α-synuclein x2 ≥ 5"),
        (r"50\% \& \$5 \_a\_ \#1 \{b\}", "50% & $5 _a_ #1 {b}"),
        ("prices of $5 and $6", "prices of $5 and $6"),
        (r"\textit{E. coli} and \emph{in vitro} I\textsuperscript{2}", "E. coli and in vitro I2"),
        (r"a -- b, ``quoted''", "a – b, “quoted”"),
        (r"\textbackslash{}n \textasciitilde{} \textasciicircum{}", r"\n ~ ^"),
        (r"na\"{\i}ve \^{\i} \`{\i} \~{\i}", "naïve î ì ĩ"),
        (r"\'{\o} {\'{\AE}} \'{\aa}", "ǿ Ǽ ǻ"),
        (r"Nguy{\~\^e}n Nguy\~{\^{e}}n", "Nguyễn Nguyễn"),
        (r"Erd{\H o}s, Dvo{\v r}{\'a}k, {\L}{\'o}d{\'z}, Ho{\c{s}}", "Erdős, Dvořák, Łódź, Hoş"),
        (r"\(\alpha_{1}\)-antitrypsin, \( p < 0.05 \)", "α1-antitrypsin, p < 0.05"),
        (r"$\frac{1}{2}$ of $\sqrt{4}$", "1/2 of √4"),
        (r"\textcolor{red}{late} \href{https://example.org}{here}\cite{berg}", "late here"),
        (r"{\noopsort{1973b}}1973 \pounds 5 \copyright", "1973 £5 ©"),
        (r"R{\&}D &amp; \&amp; p &lt; 5 &#8211; AT&T;", "R&D & & p < 5 – AT&T;"),
        (r"\unheard{of} C:\unheard", "of C:unheard"),
        (r"a --- b\,c~d\-e \{f\}", "a — b c de {f}"),
        ("plain text", "plain text"),
        ("\\", "\\"),
    ],
)
def test_latex_becomes_text(written: str, read_as: str) -> None:
    assert plain(written) == read_as


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Berg, Anna AND Holm, Lars", ("Berg, Anna", "Holm, Lars")),
        ("Anna Berg and Jan de la Cruz", ("Berg, Anna", "de la Cruz, Jan")),
        ("Berg, Anna; Holm, Lars", ("Berg, Anna", "Holm, Lars")),
        ("{Barnes and Noble}", ("Barnes and Noble",)),
        ("Anderson, Andy and Bland, Bo", ("Anderson, Andy", "Bland, Bo")),
        ("Plato", ("Plato",)),
        ("Berg A. B. and Holm L", ("Berg A. B.", "Holm L")),
        ("A. B. Berg and J Holm", ("Berg, A. B.", "Holm, J")),
        (
            "{family=Berg, given=Anna} and {family=Holm, given=Lars, suffix=Jr}",
            ("Berg, Anna", "Holm Jr, Lars"),
        ),
        ("family=Berg, given={Anna, Maria} and Holm, Lars", ("Berg, Anna, Maria", "Holm, Lars")),
        ("{given=Ludwig, prefix=van, useprefix=true, family=Beethoven}", ("van Beethoven, Ludwig",)),
        ("given-i={J}, family={M{\\'e}ndez Soto}", ("Méndez Soto, J",)),
        ("{family=Plato}", ("Plato",)),
        ("", ()),
    ],
)
def test_names_are_parted(written: str, names: tuple[str, ...]) -> None:
    assert split_names(written) == names


def test_months_and_strings_are_joined_to_what_stands_beside_them() -> None:
    (record,), problems = _read(
        '@STRING{pub = "Marsh " # "Press"}\n@string(jf = {Journal of })\n'
        '@article{a, title = {Fever in } # jul, journal = jf # "F" # {ever}, month = 1 # "~" # jan,'
        " year = 2020, note = pub}\n"
    )

    assert (record.title, record.journal, record.year) == ("Fever in Jul", "Journal of Fever", 2020)
    assert problems == []


@pytest.mark.parametrize("parent_first", [True, False])
def test_a_paper_takes_from_its_proceedings_what_it_lacks(parent_first: bool) -> None:
    parent = "@Proceedings{Conf:20, title={All {Fevers}}, year={2020}, volume={7}, editor={Lund, Per}}\n"
    child = "@inproceedings{a, author={Berg, Anna}, title={Marsh}, volume={8}, crossref={conf:20}}\n"
    other = "@article{b, title={Other}}\n"

    records, problems = _read(parent + other + child if parent_first else child + other + parent)

    (paper,) = (record for record in records if record.title == "Marsh")
    assert (paper.journal, paper.year, paper.volume, paper.authors) == (
        "All Fevers", 2020, "8", ("Berg, Anna",),
    )  # fmt: skip
    assert [record.row for record in records] == [1, 2, 3]
    assert problems == []


def test_proceedings_that_are_nowhere_do_not_hold_the_file_back() -> None:
    lost = "@inproceedings{a, title={Marsh}, year={2001}, crossref={nowhere}}\n"
    text = lost + "".join(f"@article{{b{number}, title={{Fever {number}}}}}\n" for number in range(5_000))

    records, _ = _read(text)

    assert [record.title for record in records[:2]] == ["Marsh", "Fever 0"]
    assert len(records) == 5_001
