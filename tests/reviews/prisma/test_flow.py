"""The flow's boxes are counted on their own, and its identities hold exactly when nothing is lost."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.prisma import Classified, Flow, Named, Place, SourceKind, count, identities


def _codes(flow: Flow) -> set[str]:
    return {violation.code for violation in identities(flow)}


def _row(record: int, place: Place | None, **changes: Any) -> Classified:
    row = Classified(record=record, place=place, source="PubMed", source_kind="database", report=record)
    return replace(row, **changes)


@st.composite
def reviews(draw: st.DrawFn) -> list[Classified]:
    """Draw a consistent review: one place a record, one record a report, a study where included."""
    places = draw(st.lists(st.sampled_from(list(Place)), max_size=60))
    rows = []
    for record, place in enumerate(places):
        excluded = place is Place.EXCLUDED_ASSESSMENT
        rows.append(
            Classified(
                record=record,
                place=place,
                source=draw(st.sampled_from(["PubMed", "Embase", "ICTRP"])),
                source_kind=draw(st.sampled_from(list(SourceKind))),
                report=draw(st.integers(0, record)) if place is Place.DUPLICATE else 1000 + record,
                study=draw(st.integers(0, 5)) if place is Place.INCLUDED else None,
                reason=draw(st.sampled_from(["Population", "Design", ""])) if excluded else "",
            )
        )
    return rows


@given(rows=reviews())
def test_every_consistent_review_satisfies_the_identities(rows: list[Classified]) -> None:
    flow = count(rows)
    assert identities(flow) == []
    assert flow.identified == len(rows)


@given(rows=reviews(), data=st.data())
def test_a_record_without_a_place_breaks_an_identity(rows: list[Classified], data: st.DataObject) -> None:
    if not rows:
        return
    lost = data.draw(st.integers(0, len(rows) - 1))
    rows[lost] = replace(rows[lost], place=None)
    assert {"unplaced", "records_screened"} <= _codes(count(rows))


@given(rows=reviews(), data=st.data())
def test_a_record_in_two_places_breaks_an_identity(rows: list[Classified], data: st.DataObject) -> None:
    if not rows:
        return
    again = data.draw(st.sampled_from(rows))
    other = data.draw(st.sampled_from([place for place in Place if place is not again.place]))
    assert "placed_twice" in _codes(count([*rows, replace(again, place=other)]))


def test_the_boxes_of_a_small_review() -> None:
    rows = [
        _row(1, Place.DUPLICATE, report=2),
        _row(2, Place.EXCLUDED_SCREENING),
        _row(3, Place.REMOVED_OTHER),
        _row(4, Place.REMOVED_AUTOMATIC),
        _row(5, Place.AWAITING_SCREENING),
        _row(6, Place.AWAITING_RETRIEVAL),
        _row(7, Place.NOT_RETRIEVED),
        _row(8, Place.AWAITING_ASSESSMENT, source="Embase"),
        _row(9, Place.EXCLUDED_ASSESSMENT, reason="Design"),
        _row(10, Place.EXCLUDED_ASSESSMENT, reason="Population"),
        _row(11, Place.EXCLUDED_ASSESSMENT, reason="Population"),
        _row(12, Place.ONGOING, source="ICTRP", source_kind="register"),
        _row(13, Place.AWAITING_CLASSIFICATION),
        _row(14, Place.INCLUDED, study=1),
        _row(15, Place.INCLUDED, study=1),
    ]
    flow = count(rows, total_studies_ma=1)
    assert flow.database_specific == (Named("PubMed", 13), Named("Embase", 1))
    assert flow.register_specific == (Named("ICTRP", 1),)
    assert (flow.database_results, flow.register_results, flow.identified) == (14, 1, 15)
    assert (flow.duplicates, flow.excluded_automatic, flow.excluded_other) == (1, 1, 1)
    assert (flow.awaiting_screening, flow.records_screened, flow.records_excluded) == (1, 11, 1)
    assert (flow.dbr_sought_reports, flow.dbr_notretrieved_reports, flow.awaiting_retrieval) == (10, 1, 1)
    assert (flow.dbr_assessed, flow.awaiting_assessment) == (7, 1)
    assert flow.dbr_excluded == (Named("Population", 2), Named("Design", 1))
    assert (flow.awaiting_classification, flow.ongoing) == (1, 1)
    assert (flow.new_reports, flow.new_studies) == (2, 1)
    assert identities(flow) == []
    assert flow.is_under_way


def test_an_empty_review_has_an_empty_flow() -> None:
    flow = count([])
    assert flow == Flow()
    assert not flow.is_under_way
    assert identities(flow) == []


def test_a_record_that_the_classification_lacks_is_found_from_the_sources_counts() -> None:
    rows = [_row(1, Place.INCLUDED, study=1), _row(2, Place.DUPLICATE, report=1)]
    assert identities(count(rows, identified=[("PubMed", "database", 2)])) == []
    assert _codes(count(rows[:1], identified=[("PubMed", "database", 2)])) == {"database_specific"}


def test_an_exclusion_without_a_reason_is_still_counted() -> None:
    flow = count([_row(1, Place.EXCLUDED_ASSESSMENT)])
    assert flow.dbr_excluded == (Named("Reason not stated", 1),)


def test_two_records_of_one_report_that_stand_apart_break_an_identity() -> None:
    rows = [_row(1, Place.INCLUDED, study=1, report=7), _row(2, Place.NOT_RETRIEVED, report=7)]
    assert {"sought", "assessed"} <= _codes(count(rows))


def test_a_report_excluded_for_two_reasons_breaks_an_identity() -> None:
    rows = [
        _row(1, Place.EXCLUDED_ASSESSMENT, report=7, reason="Design"),
        _row(2, Place.EXCLUDED_ASSESSMENT, report=7, reason="Population"),
    ]
    assert "included" in _codes(count(rows))


def test_an_included_report_of_no_study_breaks_an_identity() -> None:
    assert {"included_without_study", "studies_and_reports"} == _codes(count([_row(1, Place.INCLUDED)]))


CONSISTENT = Flow(
    previous_studies=3,
    previous_reports=4,
    database_results=90,
    database_specific=(Named("PubMed", 60), Named("Embase", 30)),
    register_results=10,
    register_specific=(Named("ICTRP", 10),),
    duplicates=20,
    records_screened=70,
    awaiting_screening=10,
    records_excluded=50,
    dbr_sought_reports=20,
    dbr_notretrieved_reports=2,
    awaiting_retrieval=1,
    awaiting_assessment=2,
    dbr_assessed=15,
    dbr_excluded=(Named("Design", 6), Named("Population", 2)),
    awaiting_classification=1,
    ongoing=1,
    new_reports=5,
    new_studies=4,
    total_studies=7,
    total_reports=9,
    total_studies_ma=7,
)


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"duplicates": 19}, "records_screened", "E"),
        ({"awaiting_screening": 11}, "records_screened", "E"),
        ({"excluded_automatic": 1}, "records_screened", "E"),
        ({"database_specific": (Named("PubMed", 60),)}, "database_specific", "E"),
        ({"register_specific": ()}, "register_specific", "E"),
        ({"records_excluded": 49}, "sought", "W"),
        ({"dbr_notretrieved_reports": 3}, "assessed", "E"),
        ({"awaiting_assessment": 0}, "assessed", "E"),
        ({"other_sought_reports": 1}, "other_assessed", "E"),
        ({"dbr_excluded": (Named("Design", 6),)}, "included", "E"),
        ({"ongoing": 0}, "included", "E"),
        ({"new_studies": 6, "total_studies": 9}, "studies_and_reports", "E"),
        ({"total_studies": 8}, "total_studies", "E"),
        ({"total_reports": 8}, "total_reports", "E"),
        ({"total_studies_ma": 8}, "total_studies_ma", "E"),
        ({"unplaced": 1}, "unplaced", "E"),
        ({"placed_twice": 1}, "placed_twice", "E"),
        ({"included_without_study": 1}, "included_without_study", "E"),
        ({"excluded_other": -1, "duplicates": 21}, "negative", "E"),
    ],
)
def test_each_identity_notices_its_corruption(changes: dict[str, Any], code: str, severity: str) -> None:
    assert identities(CONSISTENT) == []
    found = identities(replace(CONSISTENT, **changes))
    assert [(violation.code, violation.severity) for violation in found] == [(code, severity)]
    assert found[0].left != found[0].right
