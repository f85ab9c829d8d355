import pytest

from analysis.reading import (
    DecimalComma,
    EventsExceedTotal,
    Negative,
    NoCountFits,
    NotWhole,
    PercentDisagrees,
    PercentOutOfRange,
    Reading,
    SpreadNotPositive,
    TooFewPeople,
    TotalsDisagree,
    Unreadable,
    counts_that_fit,
    read,
    read_number,
)
from reviews.errors import InvalidInput


def used(kind: str, **entries: str) -> dict[str, str]:
    return {name: reading.as_used for name, reading in read(kind, entries).items()}


def test_a_percentage_of_the_total_becomes_the_one_count_that_fits() -> None:
    found = read("binary", {"events": "36 %", "total": "25"})
    assert found["events"] == Reading("36 %", "9", "percent_of_total")
    assert found["total"] == Reading("25", "25", "")


def test_a_rounded_percentage_is_taken_back_to_its_count() -> None:
    assert used("binary", events="84%", total="38") == {"events": "32", "total": "38"}
    assert used("binary", events="84.2 %", total="38") == {"events": "32", "total": "38"}


def test_a_percentage_that_fits_no_count_is_refused_with_its_neighbours() -> None:
    with pytest.raises(NoCountFits) as refused:
        read("binary", {"events": "37 %", "total": "25"})
    assert str(refused.value) == (
        "No whole number of 25 people is 37 %. The nearest are 9 (36.0 %) and 10 (40.0 %)."
    )
    assert refused.value.parameters["quantity"] == "events"


def test_a_percentage_that_fits_several_counts_says_that_the_nearest_was_taken() -> None:
    found = read("binary", {"events": "36 %", "total": "1000"})
    assert found["events"] == Reading("36 %", "360", "percent_of_total_nearest")


def test_a_percentage_midway_between_two_counts_asks_for_the_count() -> None:
    with pytest.raises(NoCountFits) as refused:
        read("binary", {"events": "7 %", "total": "350"})
    assert str(refused.value) == "350 people and 7 %: both 24 (6.9 %) and 25 (7.1 %) fit. Type the count."


def test_a_percentage_waits_for_its_total() -> None:
    found = read("binary", {"events": "36 %", "total": ""})
    assert found["events"] == Reading("36 %")
    assert not found["events"].is_complete
    assert found["total"].is_complete


@pytest.mark.parametrize(
    "typed", ["9/25", "9 / 25", "9 of 25", "9/25 (36 %)", "9/25 (36%)", "9 out of 25, 36 %"]
)
def test_a_fraction_fills_events_and_total(typed: str) -> None:
    found = read("binary", {"events": typed, "total": ""})
    assert found == {"events": Reading(typed, "9", "fraction"), "total": Reading(typed, "25", "fraction")}


def test_a_fraction_beside_a_total_that_says_otherwise_is_refused() -> None:
    with pytest.raises(TotalsDisagree):
        read("binary", {"events": "12/45 (27 %)", "total": "40"})


def test_a_fraction_agrees_with_the_same_total_typed_again() -> None:
    assert used("binary", events="12/45 (27 %)", total="45") == {"events": "12", "total": "45"}


def test_a_fraction_whose_percentage_is_another_number_is_refused() -> None:
    with pytest.raises(PercentDisagrees) as refused:
        read("binary", {"events": "12/45 (30 %)"})
    assert str(refused.value) == "12/45 is 26.7 %, not 30 %: check the numbers."


def test_events_with_their_percentage_are_checked_against_the_total() -> None:
    assert used("binary", events="9 (36 %)", total="25") == {"events": "9", "total": "25"}
    with pytest.raises(PercentDisagrees):
        read("binary", {"events": "9 (36 %)", "total": "30"})


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12", "12"), ("n = 12", "12"), ("1 234", "1234"), ("1\u202f234", "1234"), ("12.0", "12"), ("007", "7")],
)
def test_a_total_is_read_in_the_ways_papers_print_it(typed: str, number: str) -> None:
    found = read("binary", {"events": "", "total": typed})
    assert found["total"] == Reading(typed, number)


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ({"events": "26", "total": "25"}, EventsExceedTotal),
        ({"events": "26/25"}, EventsExceedTotal),
        ({"events": "-1", "total": "25"}, Negative),
        ({"events": "2.5", "total": "25"}, NotWhole),
        ({"events": "2", "total": "25.5"}, NotWhole),
        ({"events": "0", "total": "0"}, TooFewPeople),
        ({"events": "0", "total": "-3"}, TooFewPeople),
        ({"events": "0/0"}, TooFewPeople),
        ({"events": "101 %", "total": "25"}, PercentOutOfRange),
        ({"events": "-4 %", "total": "25"}, PercentOutOfRange),
        ({"events": "36,5 %", "total": "25"}, DecimalComma),
        ({"events": "3,5", "total": "25"}, DecimalComma),
        ({"events": "", "total": "1,234"}, DecimalComma),
        ({"events": "many", "total": "25"}, Unreadable),
        ({"events": "< 5", "total": "25"}, Unreadable),
        ({"events": "٣", "total": "a"}, Unreadable),
    ],
)
def test_impossible_counts_are_refused(entries: dict[str, str], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        read("binary", entries)


def test_no_events_and_only_events_are_possible() -> None:
    assert used("binary", events="0", total="10") == {"events": "0", "total": "10"}
    assert used("binary", events="100 %", total="10") == {"events": "10", "total": "10"}


@pytest.mark.parametrize("typed", ["0.5 (0.1)", "0.5 (SD 0.1)", "0·5 (0·1)", "0.5 ± 0.1", "0.5 [0.1]"])
def test_a_mean_with_its_spread_fills_both(typed: str) -> None:
    found = read("continuous", {"mean": typed, "sd": "", "n": "12"})
    assert found["mean"] == Reading(typed, "0.5", "mean_sd")
    assert found["sd"] == Reading(typed, "0.1", "mean_sd")
    assert found["n"] == Reading("12", "12")


def test_a_negative_mean_with_a_true_minus_sign_is_read() -> None:
    assert used("continuous", mean="−1.25", sd="3", n="40") == {"mean": "-1.25", "sd": "3", "n": "40"}


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ({"mean": "1", "sd": "0", "n": "4"}, SpreadNotPositive),
        ({"mean": "1", "sd": "-2", "n": "4"}, SpreadNotPositive),
        ({"mean": "1 (0)", "n": "4"}, SpreadNotPositive),
        ({"mean": "1", "sd": "2", "n": "0"}, TooFewPeople),
        ({"mean": "1", "sd": "2", "n": "4.5"}, NotWhole),
        ({"mean": "1,5", "sd": "2", "n": "4"}, DecimalComma),
        ({"mean": "1 (2)", "sd": "3", "n": "4"}, TotalsDisagree),
        ({"mean": "high", "sd": "3", "n": "4"}, Unreadable),
    ],
)
def test_impossible_means_are_refused(entries: dict[str, str], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        read("continuous", entries)


def test_a_quantity_of_another_kind_is_refused() -> None:
    with pytest.raises(Unreadable):
        read("binary", {"mean": "1"})


def test_every_count_is_recovered_from_its_own_rounded_percentage() -> None:
    for total in (1, 7, 25, 38, 99):
        for count in range(total + 1):
            for digits in (0, 1, 2):
                assert count in counts_that_fit(f"{100 * count / total:.{digits}f}", total)


def test_a_plain_number_keeps_every_digit() -> None:
    assert read_number("18.50") == Reading("18.50", "18.50")
    assert read_number("  ") == Reading("")
    with pytest.raises(Unreadable):
        read_number("18–30")
