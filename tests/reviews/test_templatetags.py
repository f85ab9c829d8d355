"""Numbers, times, icons and the review bar as pages write them."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone

from reviews.templatetags import perennial
from reviews.templatetags.perennial import ago, decimal, n_of_n, p_value, pct, thin


def _spaced(text: str) -> str:
    """Thin spaces as plain ones, so that what is expected can be read here."""
    return text.replace(perennial.THIN, " ")


def _render(source: str, **context: object) -> str:
    return _spaced(Template(source).render(Context(context)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (999, "999"), (1000, "1 000"), (1234567, "1 234 567"), (-12345, "−12 345"), (None, "–")],
)
def test_thin_sets_thousands_apart(value: int | None, expected: str) -> None:
    assert _spaced(thin(value)) == expected


def test_thin_space_does_not_break_a_line() -> None:
    assert thin(1000) == "1\u202f000"


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.8123, 2, "0.81"),
        (-0.4, 2, "−0.40"),
        (0.00012, 2, "0.0001"),
        (0.0, 3, "0"),
        (12345.678, 1, "12 345.7"),
        (float("inf"), 2, "∞"),
        (float("-inf"), 2, "−∞"),
        (float("nan"), 2, "–"),
        (None, 2, "–"),
    ],
)
def test_decimal_keeps_its_precision_and_never_prints_an_empty_zero(
    value: float | None, digits: int, expected: str
) -> None:
    assert _spaced(decimal(value, digits)) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.36, 0, "36 %"),
        (0.3649, 1, "36.5 %"),
        (0.0, 0, "0 %"),
        (1.0, 0, "100 %"),
        (0.004, 0, "< 1 %"),
        (0.0004, 1, "< 0.1 %"),
        (0.996, 0, "> 99 %"),
        (-0.05, 0, "−5 %"),
        (None, 0, "–"),
    ],
)
def test_pct_writes_a_fraction_as_a_percentage(value: float | None, digits: int, expected: str) -> None:
    assert _spaced(pct(value, digits)) == expected


@pytest.mark.parametrize(
    ("events", "total", "expected"),
    [
        (9, 25, "9/25 (36 %)"),
        (0, 25, "0/25 (0 %)"),
        (1, 6049, "1/6 049 (< 1 %)"),
        (0, 0, "0/0"),
        (None, 25, "–"),
        (9, None, "–"),
    ],
)
def test_n_of_n_puts_the_percentage_beside_the_count(
    events: int | None, total: int | None, expected: str
) -> None:
    assert _spaced(n_of_n(events, total)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.2, "0.20"),
        (0.02, "0.02"),
        (0.0496, "0.050"),
        (0.049, "0.049"),
        (0.0042, "0.004"),
        (0.001, "0.001"),
        (0.0004, "< 0.001"),
        (0.0, "< 0.001"),
        (0.9991, "> 0.99"),
        (1.0, "> 0.99"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_p_value_is_never_zero_and_is_exact_where_it_matters(value: float | None, expected: str) -> None:
    assert _spaced(p_value(value)) == expected


def test_estimate_stands_before_its_interval_at_one_precision() -> None:
    assert _render("{% estimate e l h %}", e=0.812, l=0.69, h=0.894) == "0.81 [0.69, 0.89]"
    assert _render("{% estimate e l h digits=1 %}", e=-3.24, l=-5.0, h=-1.46) == "−3.2 [−5.0, −1.5]"


def test_estimate_without_an_interval_or_a_value_invents_none() -> None:
    assert _render("{% estimate e %}", e=0.812) == "0.81"
    assert _render("{% estimate e l h %}", e=None, l=0.1, h=0.2) == "–"


def test_estimate_pct_writes_the_unit_once() -> None:
    # The thin space before the bracket's end must go with the unit that it belonged to.
    assert _render("{% estimate_pct e l h %}", e=0.81, l=0.69, h=0.93) == "81 % [69, 93]"
    assert _render("{% estimate_pct e l h %}", e=0.07, l=0.004, h=0.37) == "7 % [&lt; 1, 37]"


def test_ago_says_how_long_and_keeps_the_exact_time() -> None:
    moment = timezone.now() - timedelta(hours=2, minutes=5)

    assert f'datetime="{moment.isoformat()}"' in ago(moment)
    assert "2\xa0hours ago" in ago(moment)
    assert ago(None) == "never"


def test_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in _render('{% icon "check" %}')
    labelled = _render("{% icon 'check' label %}", label='<b>"Done"')
    assert 'role="img" aria-label="&lt;b&gt;&quot;Done&quot;"' in labelled


def test_nav_url_is_empty_for_a_page_that_does_not_exist() -> None:
    assert _render("{% nav_url 'health' %}") == "/health/"
    assert _render("{% nav_url 'reviews:no_such_page' slug='x' as url %}[{{ url }}]") == "[]"


def _page(**context: object) -> str:
    review = SimpleNamespace(slug="car-t", title="CAR T <cells>")
    return render_to_string(
        "errors/refused.html", {"review": review, "sentence": "No.", "code": "no", **context}
    )


def test_review_bar_is_for_people_who_are_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perennial, "reverse", lambda name, args, kwargs: f"/{kwargs.get('slug', '')}/{name}")
    member = SimpleNamespace(is_authenticated=True, email="a@example.org", get_full_name=lambda: "")

    assert 'aria-label="Review"' in _page(tab="screen", user=member)
    assert 'aria-label="Review"' not in _page(user=member)
    assert 'aria-label="Review"' not in _page(tab="screen", user=AnonymousUser())


def test_review_bar_marks_the_current_tab_and_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perennial, "reverse", lambda name, args, kwargs: f"/{kwargs['slug']}/{name}")
    context = Context({"review": SimpleNamespace(slug="car-t"), "tab": "screen", "waiting": {"screen": 3}})

    tabs = perennial.review_tabs(context)

    assert [tab.name for tab in tabs if tab.is_current] == ["screen"]
    assert {tab.name: tab.waiting for tab in tabs if tab.waiting} == {"screen": 3}
    assert tabs[-1].name == "team"
    assert len({tab.key for tab in tabs}) == len(tabs)


def test_review_bar_leaves_out_a_tab_without_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perennial, "_TABS", (("team", "Team", "reviews:no_such_page", "t"),))

    assert perennial.review_tabs(Context({"review": SimpleNamespace(slug="car-t")})) == []


def test_page_escapes_the_title_of_a_review() -> None:
    page = _page(user=AnonymousUser())

    assert "CAR T &lt;cells&gt;" in page
    assert "<cells>" not in page


def test_server_error_page_renders_without_any_context() -> None:
    assert "Something failed" in render_to_string("500.html")


def test_dialog_and_table_wrap_their_body_unescaped() -> None:
    source = (
        "{% dialog id='d' title=t %}<p>Body</p>{% enddialog %}"
        "{% scroll_table label=t %}<table></table>{% endscroll_table %}"
    )
    page = _render(source, t="A & B")

    assert '<dialog class="dialog" id="d"' in page
    assert "<p>Body</p>" in page
    assert 'aria-label="A &amp; B" tabindex="0"><table></table>' in page


@pytest.mark.parametrize(
    ("value", "sign", "word"),
    [
        ("low", "+", "Low risk"),
        ("some_concerns", "−", "Some concerns"),
        ("high", "×", "High risk"),
        ("", "?", "No judgement"),
    ],
)
def test_judgement_carries_a_sign_and_a_word(value: str, sign: str, word: str) -> None:
    page = render_to_string("components/judgement.html", {"value": value})

    assert f"<span>{sign}</span>" in page
    assert word in page
