"""Files made to do harm, or only broken: refused with a sentence or imported, and never more than that."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from openpyxl import Workbook

from reviews.errors import DomainError
from reviews.models import Record, Review, RunState, SearchRun, Source, User
from reviews.services import imports, inspecting, searches
from tests import factories

RIS = b"TY  - JOUR\nTI  - A trial of zinc\nAU  - Adams, J\nPY  - 2021\nER  - \n\n"
Try = Callable[..., SearchRun | str]


@pytest.fixture
def source(review: Review) -> Source:
    return factories.source(review, "Embase")


@pytest.fixture
def give(source: Source, lead: User) -> Try:
    """Upload, look through, and import where that is offered: the run, or the sentence of the refusal."""

    def put(content: bytes, name: str = "export.ris") -> SearchRun | str:
        try:
            run = imports.begin(by=lead, source=source, name=name, file=ContentFile(content, "upload"))
        except DomainError as error:
            return str(error)
        inspecting.execute(run.pk)
        run.refresh_from_db()
        if run.state == RunState.FAILED:
            return run.error
        assert run.state == RunState.READY
        imports.confirm(by=lead, run=run)
        searches.execute(run.pk)
        run.refresh_from_db()
        return run

    return put


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def refused(answer: SearchRun | str) -> str:
    assert isinstance(answer, str)
    assert answer
    assert answer.endswith(".")
    assert not Record.objects.filter(seq__isnull=False).exists()
    return answer


def imported(answer: SearchRun | str) -> SearchRun:
    assert not isinstance(answer, str), answer
    assert answer.state == RunState.COMPLETE
    return answer


def test_a_zip_bomb_is_refused(give: Try) -> None:
    refused(give(zipped(("export.ris", RIS + b"A" * (80 * 1024 * 1024))), "bomb.zip"))


def test_a_zip_in_a_zip_is_not_opened(give: Try) -> None:
    refused(give(zipped(("inner.zip", zipped(("export.ris", RIS)))), "outer.zip"))


def test_a_zip_with_a_password_is_refused_by_name(give: Try) -> None:
    packed = bytearray(zipped(("export.ris", RIS)))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = packed.index(magic) + place
        packed[at : at + 2] = struct.pack("<H", struct.unpack("<H", packed[at : at + 2])[0] | 1)
    assert "password" in refused(give(bytes(packed), "locked.zip"))


def test_names_that_lead_out_of_the_zip_lead_nowhere(give: Try) -> None:
    run = imported(give(zipped(("../../etc/cron.d/x.ris", RIS)), "paths.zip"))
    assert run.new == 1


def test_a_web_page_with_another_name_is_refused(give: Try) -> None:
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>TY  - JOUR</body></html>"
    refused(give(page, "export.ris"))


@pytest.mark.parametrize("content", [b"", b" \n\n ", b"\x00" * 4096, b"\xff\xfe", b"TY", b"PK\x03\x04"])
def test_what_holds_no_record_is_refused(give: Try, content: bytes) -> None:
    refused(give(content))


def test_a_table_without_rows_is_refused(give: Try) -> None:
    refused(give(b"title,year\n", "list.csv"))


def test_a_line_without_end_takes_no_memory_and_no_time(give: Try) -> None:
    answer = give(b"TY  - JOUR\nTI  - " + b"x" * (20 * 1024 * 1024) + b"\nER  - \n")
    if isinstance(answer, str):
        refused(answer)
    else:
        imported(answer)


def test_a_workbook_with_macros_is_read_as_a_table_or_refused(give: Try) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Title", "Year"])
    sheet.append(["A trial of zinc", 2021])
    packed = io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro")
    answer = give(packed.getvalue(), "list.xlsm")
    if isinstance(answer, str):
        refused(answer)
    else:
        assert imported(answer).records.get().title == "A trial of zinc"


def test_entities_of_xml_are_not_expanded(give: Try) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>&b;"
        b"</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    answer = give(bomb, "export.xml")
    if isinstance(answer, str):
        refused(answer)
    else:
        assert "aaaa" not in imported(answer).records.get().title


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>.ris", "a\x00b\n.ris", "../../x.ris", "\u202egpj.ris", "x" * 400, ""]
)
def test_no_file_name_does_harm(give: Try, name: str) -> None:
    run = imported(give(RIS, name))
    assert run.file_name
    assert len(run.file_name) <= 255
    assert not any(char in run.file_name for char in "\x00\n\u202e")
    assert ".." not in str(run.file.name)


def test_lone_surrogates_and_control_characters_are_stored_nowhere(give: Try) -> None:
    content = RIS.replace(b"A trial", b"A\x00 tri\xed\xa0\x80al\x0b")
    record = imported(give(content)).records.get()
    assert not any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in record.title)
