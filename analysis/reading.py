"""KERNEL: reads what a person typed from a paper into the number that is used. Values in, values out.

The text as typed is kept beside the number and the conversion that led to it, so that every figure can be
followed back to the printed page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from reviews.errors import InvalidInput


class Unreadable(InvalidInput):
    """A text that is no number of the expected form; `quantity` names the field."""

    code = "unreadable"
    sentence = "“{text}” is not a number that can be read here. Type {expected}."


class DecimalComma(InvalidInput):
    code = "decimal_comma"
    sentence = (
        "“{text}” has a comma: it may mean a decimal or thousands. Use a point, as in 3.5, and no comma."
    )


class NotWhole(InvalidInput):
    code = "not_whole"
    sentence = "{name} counts people, so {value} must be a whole number."


class Negative(InvalidInput):
    code = "negative"
    sentence = "{name} cannot be negative ({value})."


class TooFewPeople(InvalidInput):
    code = "too_few_people"
    sentence = "{name} must be at least 1, not {value}."


class EventsExceedTotal(InvalidInput):
    code = "events_exceed_total"
    sentence = "{events} events among {total} people is impossible: check both numbers."


class TooLarge(InvalidInput):
    """A number that no study of people can print; the sums of a pool would overflow on it."""

    code = "too_large"
    sentence = "{value} cannot be computed with: check the number."


class SpreadNotPositive(InvalidInput):
    code = "spread_not_positive"
    sentence = "The standard deviation must be larger than 0, not {value}."


class PercentOutOfRange(InvalidInput):
    code = "percent_out_of_range"
    sentence = "A percentage of people lies between 0 and 100, not {value}."


class NoCountFits(InvalidInput):
    """No whole number of people gives the printed percentage."""

    code = "no_count_fits"
    sentence = "No whole number of {total} people is {percent} %. The nearest are {candidates}."


class PercentDisagrees(InvalidInput):
    code = "percent_disagrees"
    sentence = "{events}/{total} is {actual} %, not {percent} %: check the numbers."


class TotalsDisagree(InvalidInput):
    code = "totals_disagree"
    sentence = "“{text}” says {printed}, but the field beside it says {typed}."


@dataclass(frozen=True, slots=True)
class Reading:
    """One quantity: as typed, as used (a plain numeral, empty while it waits for another), and how.

    Conversions: "" as it stands; "percent_of_total" the one count that fits the printed percentage;
    "percent_of_total_nearest" several counts fit and the nearest is taken; "fraction" a part of "12/45";
    "mean_sd" a part of "0.5 (0.1)".
    """

    as_reported: str
    as_used: str = ""
    conversion: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.as_used) or not self.as_reported


_SPACES = "\u00a0\u2009\u202f\u2007"
_DIGITS = r"(?:\d{1,3}(?: \d{3})+|\d+)"
_NUMBER = rf"[-+]?(?:{_DIGITS}(?:\.\d+)?|\.\d+)"
_PERCENT = rf"(?P<percent>{_NUMBER}) ?(?:%|per ?cent)"
_ONLY_NUMBER = re.compile(rf"(?:n ?= ?)?(?P<number>{_NUMBER})", re.IGNORECASE)
_ONLY_PERCENT = re.compile(_PERCENT, re.IGNORECASE)
_FRACTION = re.compile(
    rf"(?P<events>{_NUMBER}) ?(?:/|of|out of) ?(?P<total>{_NUMBER})(?: ?[(\[,;]? ?{_PERCENT} ?[)\]]?)?",
    re.IGNORECASE,
)
_EVENTS_PERCENT = re.compile(rf"(?P<events>{_NUMBER}) ?[(\[] ?{_PERCENT} ?[)\]]", re.IGNORECASE)
_MEAN_SD = re.compile(
    rf"(?P<mean>{_NUMBER}) ?(?:[(\[] ?(?:SD ?=? ?)?(?P<sd>{_NUMBER}) ?[)\]]|± ?(?P<pm>{_NUMBER}))",
    re.IGNORECASE,
)

# More digits than any paper prints; more people than there are; numbers whose squares still add up.
_TOO_MANY_DIGITS = re.compile(r"[\d.]{31}")
_MOST_PEOPLE = 10**10
_LARGEST = Decimal(10) ** 15
_LEAST_SPREAD = Decimal(10) ** -10

_COUNT_FORMS = "a count such as 9, a percentage such as 36 %, or 9/25"
_NAMES = {"events": "Events", "total": "Total", "n": "Number analysed", "mean": "Mean", "sd": "SD"}


def read(kind: str, entries: Mapping[str, str]) -> dict[str, Reading]:
    """Read the entries of one datum together, for they explain each other.

    Parameters
    ----------
    kind : str
        "binary" (events, total) or "continuous" (mean, sd, n).
    entries : mapping of quantity to text
        As typed; a quantity may be empty or absent.

    Returns
    -------
    dict of quantity to Reading
        Every quantity of the kind. ``as_used`` is empty where nothing was typed, and where a percentage
        still waits for its total.

    Raises
    ------
    InvalidInput
        One of the refusals of this module, with a sentence and the parameter ``quantity``.
    """
    readers: dict[str, Callable[[Mapping[str, str]], dict[str, Reading]]] = {
        "binary": _read_binary,
        "continuous": _read_continuous,
    }
    unknown = set(entries) - {"binary": {"events", "total"}, "continuous": {"mean", "sd", "n"}}[kind]
    if unknown:
        raise Unreadable(text=", ".join(sorted(unknown)), expected=f"a quantity of {kind} data", quantity="")
    cleaned = {name: _clean(text) for name, text in entries.items()}
    for name, text in cleaned.items():
        _refuse_long(text, name)
    typed = {cleaned[name]: text.strip() for name, text in entries.items()}
    return {
        name: replace(reading, as_reported=typed.get(reading.as_reported, reading.as_reported))
        for name, reading in readers[kind](cleaned).items()
    }


def read_number(text: str) -> Reading:
    """Read one plain number, such as a characteristic.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    Reading
        With an empty ``as_used`` where nothing was typed.

    Raises
    ------
    Unreadable, DecimalComma
    """
    text = _clean(text)
    _refuse_long(text, "field")
    return (
        Reading(text, _plain(_number(text, "field", expected="a number such as 12.5")))
        if text
        else Reading("")
    )


def counts_that_fit(percent: str, total: int) -> list[int]:
    """Return every count whose percentage of `total`, rounded to the printed digits, is `percent`.

    Parameters
    ----------
    percent : str
        A numeral as printed: "36" has no decimals, "36.0" one.
    total : int
        The denominator.

    Returns
    -------
    list of int
        In ascending order. Ties are accepted in both directions, for papers round either way.
    """
    printed = Fraction(percent)
    half = Fraction(1, 2 * 10 ** _decimals(percent))
    low = ceil((printed - half) * total / 100)
    high = floor((printed + half) * total / 100)
    return list(range(max(low, 0), min(high, total) + 1))


# -- Counts -------------------------------------------------------------------------------------------
def _read_binary(entries: Mapping[str, str]) -> dict[str, Reading]:
    typed, typed_total = entries.get("events", ""), entries.get("total", "")
    fraction = _FRACTION.fullmatch(typed)
    if fraction:
        return _read_fraction(typed, typed_total, fraction)
    total = Reading("")
    if typed_total:
        total = Reading(typed_total, str(_people(typed_total, "total")))
    return {"events": _read_events(typed, total), "total": total}


def _read_fraction(typed: str, typed_total: str, match: re.Match[str]) -> dict[str, Reading]:
    events = _count(match["events"], "events")
    total = _people(match["total"], "total")
    # After the first saving the total's own field holds the same text, or the number read from it.
    if typed_total and typed_total != typed and _people(typed_total, "total") != total:
        raise TotalsDisagree(text=typed, printed=total, typed=typed_total, quantity="total")
    _check_events(events, total)
    if match["percent"]:
        _check_percent(events, total, match["percent"])
    return {
        "events": Reading(typed, str(events), "fraction"),
        "total": Reading(
            typed_total or typed, str(total), "" if typed_total not in ("", typed) else "fraction"
        ),
    }


def _read_events(typed: str, total: Reading) -> Reading:
    if not typed:
        return Reading("")
    percent = _ONLY_PERCENT.fullmatch(typed)
    if percent:
        return _from_percent(typed, percent["percent"], total)
    both = _EVENTS_PERCENT.fullmatch(typed)
    events = _count(both["events"] if both else typed, "events", expected=_COUNT_FORMS)
    if total.as_used:
        _check_events(events, int(total.as_used))
        if both:
            _check_percent(events, int(total.as_used), both["percent"])
    return Reading(typed, str(events))


def _from_percent(typed: str, percent: str, total: Reading) -> Reading:
    percent = percent.replace(" ", "")
    value = Fraction(percent)
    if not 0 <= value <= 100:
        raise PercentOutOfRange(value=percent, quantity="events")
    if not total.as_used:
        return Reading(typed)
    people = int(total.as_used)
    exact = value * people / 100
    fitting = counts_that_fit(percent, people)
    nearest = sorted(fitting, key=lambda count: abs(count - exact))
    tied = len(nearest) > 1 and abs(nearest[0] - exact) == abs(nearest[1] - exact)
    if not fitting or tied:
        near = sorted(nearest[:2]) if tied else sorted({floor(exact), ceil(exact)})
        named = " and ".join(f"{count} ({_percent_text(count, people, 1)} %)" for count in near)
        raise NoCountFits(
            "{total} people and {percent} %: both {candidates} fit. Type the count." if tied else "",
            total=people,
            percent=percent,
            candidates=named,
            quantity="events",
        )
    conversion = "percent_of_total" if len(fitting) == 1 else "percent_of_total_nearest"
    return Reading(typed, str(nearest[0]), conversion)


def _check_events(events: int, total: int) -> None:
    if events > total:
        raise EventsExceedTotal(events=events, total=total, quantity="events")


def _check_percent(events: int, total: int, percent: str) -> None:
    percent = percent.replace(" ", "")
    if events not in counts_that_fit(percent, total):
        actual = _percent_text(events, total, max(_decimals(percent), 1))
        raise PercentDisagrees(events=events, total=total, actual=actual, percent=percent, quantity="events")


# -- Means --------------------------------------------------------------------------------------------
def _read_continuous(entries: Mapping[str, str]) -> dict[str, Reading]:
    typed, typed_sd, typed_n = (entries.get(name, "") for name in ("mean", "sd", "n"))
    found: dict[str, Reading] = {}
    both = _MEAN_SD.fullmatch(typed)
    if both:
        spread = _number(both["sd"] or both["pm"], "sd")
        if typed_sd and typed_sd != typed and _number(typed_sd, "sd") != spread:
            raise TotalsDisagree(text=typed, printed=_plain(spread), typed=typed_sd, quantity="sd")
        found["mean"] = Reading(typed, _plain(_number(both["mean"], "mean")), "mean_sd")
        found["sd"] = Reading(
            typed_sd or typed, _plain(spread), "" if typed_sd not in ("", typed) else "mean_sd"
        )
    else:
        wanted = "a number such as 3.5, or a mean with its SD such as 3.5 (0.8)"
        found["mean"] = (
            Reading(typed, _plain(_number(typed, "mean", expected=wanted))) if typed else Reading("")
        )
        found["sd"] = Reading(typed_sd, _plain(_number(typed_sd, "sd"))) if typed_sd else Reading("")
    if found["sd"].as_used and Decimal(found["sd"].as_used) <= 0:
        raise SpreadNotPositive(value=found["sd"].as_used, quantity="sd")
    if found["sd"].as_used and Decimal(found["sd"].as_used) < _LEAST_SPREAD:
        raise TooLarge(value=found["sd"].as_used, quantity="sd")
    found["n"] = Reading(typed_n, str(_people(typed_n, "n"))) if typed_n else Reading("")
    return found


# -- Numerals -----------------------------------------------------------------------------------------
def _clean(text: str) -> str:
    for space in _SPACES:
        text = text.replace(space, " ")
    # Journals print the true minus sign, and some a raised point for the decimal.
    text = text.replace("−", "-").replace("–", "-").replace("·", ".")
    return " ".join(text.split())


def _refuse_long(text: str, quantity: str) -> None:
    if _TOO_MANY_DIGITS.search(text):
        raise Unreadable(text=f"{text[:20]}…", expected="a number of fewer digits", quantity=quantity)


def _number(text: str, quantity: str, *, expected: str = "a number such as 3.5") -> Decimal:
    if re.search(r"\d,\d", text):
        raise DecimalComma(text=text, quantity=quantity)
    match = _ONLY_NUMBER.fullmatch(text)
    if match is None:
        raise Unreadable(text=text, expected=expected, quantity=quantity)
    value = Decimal(match["number"].replace(" ", ""))
    if abs(value) > _LARGEST:
        raise TooLarge(value=text, quantity=quantity)
    return value


def _count(text: str, quantity: str, *, expected: str = "a count such as 25") -> int:
    value = _number(text, quantity, expected=expected)
    if value < 0:
        raise Negative(name=_NAMES[quantity], value=_plain(value), quantity=quantity)
    if value != value.to_integral_value():
        raise NotWhole(name=_NAMES[quantity], value=_plain(value), quantity=quantity)
    if value > _MOST_PEOPLE:
        raise TooLarge(value=text, quantity=quantity)
    return int(value)


def _people(text: str, quantity: str) -> int:
    value = _number(text, quantity, expected="a count such as 25")
    if value < 1:
        raise TooFewPeople(name=_NAMES[quantity], value=_plain(value), quantity=quantity)
    return _count(text, quantity)


def _plain(value: Decimal) -> str:
    return f"{value:f}".removeprefix("+")


def _decimals(numeral: str) -> int:
    return len(numeral.partition(".")[2])


def _percent_text(events: int, total: int, digits: int) -> str:
    return f"{Decimal(events) * 100 / Decimal(total):.{digits}f}"
