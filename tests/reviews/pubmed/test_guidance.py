"""Help with a query: what it would find, the fields it can name, the headings its words lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviews.pubmed import EntrezClient, MeshTerm, SearchField
from reviews.pubmed.guidance import search_fields
from reviews.pubmed.replies import read_info
from tests.fakes.eutils import FakeEutils


def test_a_preview_shows_count_translation_warnings_and_the_first_hits(
    client: EntrezClient, server: FakeEutils
) -> None:
    preview = client.preview("alphamab NOT tumuor", hits=3)

    assert (preview.count, preview.translation) == (6, '"alphamab"[All Fields] NOT "tumuor"[All Fields]')
    assert preview.warnings == ("Phrase not found: tumuor",)
    assert [record.pmid for record in preview.first] == ["30000026", "30000021", "30000016"]
    assert server.histories == {}


def test_a_preview_of_nothing_asks_for_no_records(client: EntrezClient, server: FakeEutils) -> None:
    preview = client.preview("unheardof")

    assert (preview.count, preview.first) == (0, ())
    assert len(server.requests) == 1


def test_fields_are_those_that_people_search_in(client: EntrezClient) -> None:
    fields = client.fields()

    assert [field.tag for field in fields] == ["ALL", "EDAT", "MESH", "TITL", "TIAB"]
    assert fields[1] == SearchField("EDAT", "Date - Entry", "Day of entry", is_date=True)


def test_mesh_leads_from_a_word_to_headings(client: EntrezClient) -> None:
    assert client.mesh("fever") == (
        MeshTerm("Marsh Fever", "D900001", "A fever of marshes & bogs.", ("Bog Fever", "Fever, Marsh")),
        MeshTerm("Fever, Amber", "D900003", "A fever of amber.", ("Amber Fever",)),
    )


def test_a_heading_without_its_identifier_takes_it_from_its_number(client: EntrezClient) -> None:
    assert client.mesh("glass lung") == (MeshTerm("Glass Lung", "D900002", "", ()),)


@pytest.mark.parametrize("term", ["", "  "])
def test_no_word_asks_for_nothing(client: EntrezClient, server: FakeEutils, term: str) -> None:
    assert client.mesh(term) == ()
    assert server.requests == []


def test_a_word_without_heading_leads_nowhere(client: EntrezClient, server: FakeEutils) -> None:
    assert client.mesh("unheardof") == ()
    assert len(server.requests) == 1


@pytest.mark.shared
def test_the_real_fields_of_pubmed_are_read(shared_dir: Path) -> None:
    body = (shared_dir / "data/ingest/entrez_replies/einfo2.xml").read_bytes()

    fields = {field.tag: field for field in search_fields(read_info(body))}

    assert fields["TIAB"].name == "Title/Abstract"
    assert fields["EDAT"].is_date
    assert "UID" not in fields
    assert len(fields) > 30
