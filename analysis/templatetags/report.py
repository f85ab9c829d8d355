"""How the report writes the days that a version holds as text."""

from datetime import date

from django import template
from django.utils.formats import date_format

register = template.Library()


@register.filter
def day(text: str | None) -> str:
    """An ISO day as the report prints it: "22 November 2026"; "" where there is none."""
    return date_format(date.fromisoformat(text), "j F Y") if text else ""
