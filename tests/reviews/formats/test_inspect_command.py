"""The command that says what an import would do."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

RIS = b"TY  - JOUR\nTI  - Marsh fever\nAU  - Berg, Anna\nPY  - 2020\nER  - \nTY  - JOUR\nAU  - Holm, Lars\n"


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[list[dict[str, Any]], int]:
    code = 0
    try:
        call_command("inspect_import", *map(str, arguments), "--json")
    except SystemExit as end:
        code = int(str(end.code))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()], code


def test_a_file_is_described_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "two.ris"
    file.write_bytes(RIS)

    (said,), code = _run(capsys, file)

    assert code == 0
    assert (said["file"], said["format"], said["encoding"], said["line_ends"]) == (
        str(file), "ris", "ascii", "LF",
    )  # fmt: skip
    assert (said["records"], said["rows_with_problems"], said["rows_refused"]) == (2, 1, 0)
    assert said["problem_counts"] == {"no_title": 1, "truncated": 1}
    assert [(problem["row"], problem["code"]) for problem in said["problems"]] == [
        (2, "truncated"), (2, "no_title"),
    ]  # fmt: skip
    assert said["sample"][0]["title"] == "Marsh fever"


def test_each_file_has_its_line_and_a_refusal_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed, page, missing = tmp_path / "a.ris.gz", tmp_path / "b.ris", tmp_path / "none.ris"
    packed.write_bytes(gzip.compress(RIS))
    page.write_bytes(b"<!DOCTYPE html><html><body>Sign in</body></html>")

    said, code = _run(capsys, packed, page, missing)

    assert code == 1
    assert (said[0]["container"], said[0]["records"]) == ("gzip", 2)
    assert "web page" in said[1]["refused"]
    assert said[1]["code"] == "unknown_format"
    assert "cannot be opened" in said[2]["refused"]


def test_columns_can_be_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "table.csv"
    file.write_text("nom,wann\nMarsh fever,2020\nMalaria,2021\n")

    (unknown,), refused = _run(capsys, file)
    (told,), code = _run(capsys, file, "--column", "title=nom", "--column", "year=2")

    assert (unknown["code"], refused) == ("needs_mapping", 1)
    assert [column["name"] for column in unknown["columns"]] == ["nom", "wann"]
    assert (told["records"], code) == (2, 0)
    assert [(each["title"], each["year"]) for each in told["sample"]] == [
        ("Marsh fever", 2020), ("Malaria", 2021),
    ]  # fmt: skip


def test_people_read_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "two.ris"
    file.write_bytes(RIS)

    call_command("inspect_import", str(file))

    said = capsys.readouterr().out
    assert "records: 2, 0 of them repeated" in said
    assert "row 2: AU - Holm, Lars" in said
