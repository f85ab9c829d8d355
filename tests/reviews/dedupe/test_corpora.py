"""What the rules do on records of real searches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reviews.dedupe import Entry, entry
from reviews.formats import ParsedRecord, read
from tests.reviews.dedupe.examples import find_all
from tests.reviews.dedupe.scoring import score


@pytest.mark.shared
def test_the_two_repeated_references_of_the_car_t_review_merge(shared_dir: Path) -> None:
    with (shared_dir / "data/cart-all/references.csv").open("rb") as stream:
        records = [item for item in read(stream, name="references.csv") if isinstance(item, ParsedRecord)]
    numbers = [record.raw.split(",")[0] for record in records]
    # Its column "number" numbers the rows, and is read as that of the issue.
    entries: list[Entry] = [
        entry(int(number), replace(record, issue="")) for number, record in zip(numbers, records, strict=True)
    ]

    matches = find_all(entries)

    assert [(m.first, m.second, m.verdict.kind, m.verdict.rule) for m in matches] == [
        (20, 26, "same", "same_reference"),
        (17, 29, "same", "same_reference"),
    ]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sensitivity"), [("stroke", 0.9936), ("haematology", 0.8889), ("neuroimaging", 0.9938)]
)
def test_labelled_sets_lose_no_study_and_little_is_left(
    shared_dir: Path, name: str, sensitivity: float
) -> None:
    found = score(shared_dir / "data/ingest/dedup" / name)

    assert found.lost == 0
    assert found.removed / (found.removed + found.left) >= sensitivity - 0.0001
    assert found.suggestions < 50
