"""What people typed stays data: no label, name or reason can become R code."""

import pytest

from analysis.contributions import Numbers
from analysis.r_script import Heading, literals, script
from tests.analysis.r_script.conftest import RunInR, inputs, script_of

NASTY = [
    'quote " and \\" backslash \\',
    "line\nbreak\r\nand\ttab",
    "'); stop('run'); ('",
    '"); stop("run"); ("',
    "Grønbæk & Müller 2020, 北京 🧪",
    "\\u0022); stop(1); (\\u0022",
    "null \x00, half of a pair \ud800, separator \u2028, direction \u202e, end \x1a",
    "`backticks` %s %d ${HOME} #{1}",
    'r"---(raw)---"',
    "",
]


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "NA_character_"),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("é\n", '"\\u00e9\\u000a"'),
        ("🧪", '"\\U0001f9ea"'),
        ("\x00\ud800", '"\\ufffd\\ufffd"'),
    ],
)
def test_a_string_is_written_in_ascii_with_every_quote_escaped(value: str | None, literal: str) -> None:
    assert literals.text(value) == literal


def test_numbers_keep_every_digit_and_flags_are_rs() -> None:
    assert literals.numbers([0.1 + 0.2, None, 7, -1e-300]) == "c(0.30000000000000004, NA, 7, -1e-300)"
    assert literals.flags([True, False]) == "c(TRUE, FALSE)"
    assert (literals.numbers([]), literals.texts([]), literals.flags([])) == (
        "numeric(0)",
        "character(0)",
        "logical(0)",
    )


def test_a_long_vector_is_broken_between_items_only() -> None:
    labels = [f"Author, {year}" for year in range(1900, 2000)]
    lines = literals.texts(labels).splitlines()
    assert len(lines) > 10
    assert all(line.count('"') % 2 == 0 for line in lines)
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("words", NASTY)
def test_a_comment_stays_a_comment(words: str) -> None:
    for line in literals.comment(words * 5).splitlines():
        assert line.startswith("#")
        assert not any(letter in line for letter in "\r\n\x00\x1a\u2028\u202e\ud800")


def test_r_reads_back_each_string_as_it_was_typed(run_in_r: RunInR) -> None:
    readable = [value for value in NASTY if "\x00" not in value]
    checks = [
        f"stopifnot(identical(utf8ToInt({literals.text(value)}), {_codes(value)}))"
        for value in readable
        if value
    ]
    assert run_in_r({"strings": "\n".join(checks)}) == {"strings": ""}


def _codes(value: str) -> str:
    return f"c({', '.join(f'{ord(letter)}L' for letter in value)})"


def test_a_script_with_hostile_words_everywhere_runs_and_agrees(run_in_r: RunInR) -> None:
    arms: list[tuple[Numbers, ...]] = [
        ({"events": 3 + row, "total": 20}, {"events": 5, "total": 21}) for row in range(len(NASTY))
    ]
    groups = [NASTY[row % 4] for row in range(len(NASTY))]
    scripts = {"pooled": script_of(inputs(arms, groups, NASTY), measure="OR", bias_test="peters")}
    stored = inputs(arms, groups, NASTY).to_dict()
    scripts |= {f"refused {number}": _with_words(words, stored) for number, words in enumerate(NASTY)}
    assert run_in_r(scripts) == dict.fromkeys(scripts, "")


def _with_words(words: str, stored: dict[str, object]) -> str:
    """A run whose review, analysis, outcome, group and reasons are all these words."""
    settings = {"measure": "OR", "level": 0.95, "add": 0.5, "to": "only0", "drop00": False}
    other = {"id": 99, "label": words, "status": "unusable", "reason": words, "options": []}
    return script(
        Heading(review=words, analysis=words, run=1, computed=words, settings_line=words),
        inputs=stored | {"outcome": words, "subgroup": words, "others": [other]},
        settings=settings,
        outputs={"refused": {"code": "x", "sentence": words}},
        status="refused",
        engine_version="1.0.0",
    )
