"""A source's history: how each query differs from the one before, and what each run brought."""

import pytest

from reviews.models import RunMode, RunState, RunTrigger, SearchRun, Source
from reviews.selectors.run_history import history, query_difference


def _run(source: Source, query: str, **fields: object) -> SearchRun:
    fields.setdefault("trigger", RunTrigger.HAND)
    fields.setdefault("state", RunState.COMPLETE)
    return SearchRun.objects.create(review=source.protocol.review, source=source, query_sent=query, **fields)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("zinc AND colds", "zinc AND colds", [("same", "zinc AND colds")]),
        ("zinc", "zinc OR iron", [("same", "zinc"), ("added", " OR iron")]),
        (
            '(zinc OR "iron") AND colds',
            "(zinc) AND colds",
            [("same", "(zinc"), ("removed", ' OR "iron"'), ("same", ") AND colds")],
        ),
        ("zinc[tiab]", "iron[tiab]", [("removed", "zinc"), ("added", "iron"), ("same", "[tiab]")]),
    ],
)
def test_queries_are_compared_word_by_word(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    found = query_difference(before, after)

    assert [(one.op, one.text) for one in found] == expected
    assert "".join(one.text for one in found if one.op != "added") == before
    assert "".join(one.text for one in found if one.op != "removed") == after


def test_runs_are_told_newest_first_each_against_the_search_before_it(source: Source) -> None:
    first = _run(source, "zinc", new=30)
    file = _run(source, "typed elsewhere", trigger=RunTrigger.FILE)
    second = _run(source, "zinc", mode=RunMode.UPDATE, known=3, retracted=1)
    third = _run(source, "zinc OR iron", warnings=["Phrase not found: iron"])
    _run(source, "", trigger=RunTrigger.FILE, state=RunState.READY)

    lines = history(source)

    assert [line.run for line in lines] == [third, second, file, first]
    assert [line.is_changed for line in lines] == [True, False, False, False]
    assert [line.mode for line in lines] == ["Everything", "What is new", "File", "Everything"]
    assert [(one.op, one.text) for one in lines[0].query] == [("same", "zinc"), ("added", " OR iron")]
    assert lines[1].counts == (("new", 0), ("known", 3), ("retracted", 1))


def test_a_page_of_the_history_knows_the_search_before_it(source: Source) -> None:
    for query in ("zinc", "zinc OR iron", "iron"):
        _run(source, query)

    (newest,) = history(source, limit=1)
    rest = history(source, before=newest.run.pk)

    assert [(one.op, one.text) for one in newest.query] == [("removed", "zinc OR "), ("same", "iron")]
    assert len(rest) == 2
