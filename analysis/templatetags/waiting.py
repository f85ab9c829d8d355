"""What waits for the person who looks, for the tabs of the review bar."""

from django import template
from django.template.context import Context

from analysis.selectors.waiting import searches_for, waiting_for
from reviews.access import Member

register = template.Library()


@register.simple_tag(takes_context=True)
def count_waiting(context: Context) -> dict[str, int]:
    """The page's own `waiting`, or counted here; nothing where the page has no member."""
    given = context.get("waiting")
    if given is not None:
        return dict(given)
    member = context.get("member")
    return waiting_for(member) if isinstance(member, Member) else {}


@register.simple_tag(takes_context=True)
def count_searches(context: Context) -> int:
    """What waits on the search tab alone, for a fragment that follows each decision there."""
    member = context.get("member")
    return searches_for(member) if isinstance(member, Member) else 0
