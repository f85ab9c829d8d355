"""How Perennial writes numbers, times, icons and the review bar. Built in: no template needs to load it."""

import math
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

THIN = "\u202f"  # narrow no-break space: a number and its unit stay on one line
MINUS = "\u2212"
NOTHING = "–"  # stands where there is no number, so that a cell is never read as zero
_P_FLOOR = 0.001  # smaller p values are reported as an inequality (Cochrane Handbook, 15.3.2)

Number = float | int | None


# -- Numbers ------------------------------------------------------------------------------------------
def _grouped(digits: str) -> str:
    """Thousands of an unsigned decimal numeral set apart by a thin space."""
    whole, point, rest = digits.partition(".")
    return f"{int(whole):,}".replace(",", THIN) + point + rest


def _decimal(value: float, digits: int) -> str:
    """`value` with `digits` decimals; more where that would print a number other than zero as 0.000."""
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else (MINUS if value < 0 else "") + "∞"
    if value == 0:
        return "0"
    while digits < 12 and float(f"{abs(value):.{digits}f}") == 0:
        digits += 1
    return (MINUS if value < 0 else "") + _grouped(f"{abs(value):.{digits}f}")


@register.filter
def thin(value: Number) -> str:
    """A count with its thousands set apart: 12345 is "12 345"."""
    if value is None:
        return NOTHING
    sign = MINUS if value < 0 else ""
    return sign + _grouped(str(abs(value)))


@register.filter
def decimal(value: Number, digits: int = 2) -> str:
    """A number at a fixed precision with a true minus sign, never "0.000"."""
    return NOTHING if value is None else _decimal(float(value), digits)


@register.filter
def pct(value: Number, digits: int = 0) -> str:
    """A fraction as a percentage: 0.36 is "36 %"; what is between 0 and the last digit is "< 1 %"."""
    if value is None or not math.isfinite(value):
        return NOTHING
    shown = f"{abs(value) * 100:.{digits}f}"
    if value != 0 and float(shown) == 0:
        return f"<{THIN}{10**-digits:.{digits}f}{THIN}%"
    if 0 < value < 1 and float(shown) == 100:
        return f">{THIN}{100 - 10**-digits:.{digits}f}{THIN}%"
    return f"{MINUS if value < 0 else ''}{shown}{THIN}%"


@register.filter
def n_of_n(events: int | None, total: int | None) -> str:
    """Events and total with their percentage: "9/25 (36 %)"; without a denominator, no percentage."""
    if events is None or total is None:
        return NOTHING
    if total == 0:
        return f"{thin(events)}/0"
    return f"{thin(events)}/{thin(total)} ({pct(events / total)})"


@register.simple_tag
def estimate(value: Number, low: Number = None, high: Number = None, *, digits: int = 2) -> str:
    """An estimate with its interval in brackets, all at one precision: "0.81 [0.69, 0.89]"."""
    if value is None:
        return NOTHING
    point = _decimal(float(value), digits)
    if low is None or high is None:
        return point
    return f"{point} [{_decimal(float(low), digits)}, {_decimal(float(high), digits)}]"


@register.simple_tag
def estimate_pct(value: Number, low: Number = None, high: Number = None, *, digits: int = 0) -> str:
    """A proportion with its interval as percentages: "81 % [69, 89]"."""
    if value is None:
        return NOTHING
    point = pct(value, digits)
    if low is None or high is None:
        return point
    bounds = ", ".join(pct(bound, digits).removesuffix(f"{THIN}%") for bound in (low, high))
    return f"{point} [{bounds}]"


@register.filter
def p_value(value: Number) -> str:
    """A p value with two decimals, three below 0.01 and around 0.05: "0.20", "0.049", "0.004", "< 0.001"."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value < _P_FLOOR:
        return f"<{THIN}0.001"
    if value > 0.99:
        return f">{THIN}0.99"
    # 0.0496 must not read as 0.05: near the threshold the third decimal decides the reader's question.
    return f"{value:.3f}" if value < 0.01 or 0.045 <= value < 0.055 else f"{value:.2f}"


# -- Time ---------------------------------------------------------------------------------------------
@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """How long since (or until) `moment`, with the exact time on hover."""
    if moment is None:
        return "never"
    exact = date_format(timezone.localtime(moment), "j F Y, H:i")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, naturaltime(moment)
    )


# -- Icons and addresses ------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of `static/icons.svg`; silent for screen readers unless it is given a label."""
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def nav_url(name: str, *args: object, **kwargs: object) -> str:
    """The address of a named page, or "" while no such page exists: navigation leaves it out."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


# -- The review bar -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the review bar; `key` follows "g" on the keyboard."""

    name: str
    label: str
    url: str
    key: str
    is_current: bool
    waiting: int


# The order of the work; "team" stands apart at the right end.
_TABS = (
    ("overview", "Overview", "analysis:overview", "o"),
    ("protocol", "Protocol", "reviews:protocol", "p"),
    ("search", "Search", "reviews:sources", "s"),
    ("screen", "Screen", "screening:screen", "c"),
    ("extract", "Extract", "analysis:extract", "x"),
    ("appraise", "Appraise", "analysis:appraise", "a"),
    ("analyse", "Analyse", "analysis:analyses", "n"),
    ("report", "Report", "analysis:report", "r"),
    ("team", "Team & settings", "reviews:team", "t"),
)


@register.simple_tag(takes_context=True)
def review_tabs(context: Context) -> list[Tab]:
    """Tabs of the review in the context, with what waits for this person; no tab without a page."""
    slug = context["review"].slug
    waiting = context.get("waiting") or {}
    found = []
    for name, label, url_name, key in _TABS:
        url = nav_url(url_name, slug=slug)
        if url:
            is_current = context.get("tab") == name
            found.append(Tab(name, label, url, key, is_current, waiting.get(name, 0)))
    return found


# -- Components with a body ---------------------------------------------------------------------------
@register.simple_block_tag
def dialog(content: SafeString, *, id: str, title: str) -> SafeString:
    """A modal <dialog>, opened by any button with `data-dialog="id"`."""
    return render_to_string("components/dialog.html", {"content": content, "id": id, "title": title})


@register.simple_block_tag
def scroll_table(content: SafeString, *, label: str) -> SafeString:
    """Wraps a <table> so that on a phone it scrolls by itself, and by keyboard, under its `label`."""
    return render_to_string("components/table.html", {"content": content, "label": label})


@register.simple_block_tag
def header(content: SafeString, *, title: str, lede: str = "", eyebrow: str = "") -> SafeString:
    """The page header with the buttons between the tags as its actions."""
    return render_to_string(
        "components/page_header.html",
        {"actions": content, "title": title, "lede": lede, "eyebrow": eyebrow},
    )


@register.simple_block_tag
def notice(content: SafeString, *, kind: str = "info", title: str = "") -> SafeString:
    """A sentence set apart: info, warning, error, success or stale."""
    return render_to_string("components/notice.html", {"content": content, "kind": kind, "title": title})
