"""When a source is searched next: by interval, weekday or cron, in the time zone of the install."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError
from django.utils import timezone

from reviews.errors import InvalidInput
from reviews.models import Connector, RunTrigger, Source, Weekday
from reviews.services.citation_plans import plan_of

LONGEST_INTERVAL = 3650  # days
_LAST_HOUR = 23
_SHORTEST_GAP = timedelta(hours=1)
_LOOKED_AT = 50  # moments of a cron expression
# What can be searched from here, and so on a schedule.
SEARCHED = frozenset(
    {
        Connector.PUBMED,
        Connector.EUROPEPMC,
        Connector.OPENALEX,
        Connector.CROSSREF,
        Connector.CLINICALTRIALS,
        Connector.CITATIONS,
    }
)


def check(source: Source) -> None:
    """Refuse a schedule that cannot be kept, in a sentence that says why; of citations the whole plan."""
    if source.connector == Connector.CITATIONS:
        plan_of(source)
    chosen = [source.interval_days is not None, source.weekday is not None, bool(source.cron)]
    if sum(chosen) > 1:
        raise InvalidInput("Choose one schedule: an interval, a weekday or a cron expression.")
    if source.interval_days is not None and not 1 <= source.interval_days <= LONGEST_INTERVAL:
        raise InvalidInput(f"Choose an interval of 1 to {LONGEST_INTERVAL} days.")
    if source.weekday is not None and source.weekday not in Weekday.values:
        raise InvalidInput("Choose a weekday from Monday to Sunday.")
    if not 0 <= source.hour <= _LAST_HOUR:
        raise InvalidInput("Choose an hour of the day from 0 to 23.")
    if source.full_rerun_days is not None and not 1 <= source.full_rerun_days <= LONGEST_INTERVAL:
        raise InvalidInput(f"List everything again after 1 to {LONGEST_INTERVAL} days, or never.")
    if source.cron:
        _check_cron(source.cron)
    if source.has_schedule:
        _check_searched(source)


def _check_searched(source: Source) -> None:
    if source.connector not in SEARCHED:
        raise InvalidInput(
            "{name} is not searched from here, so it has no schedule: import it from files.", name=source.name
        )
    if source.connector != Connector.CITATIONS and not source.query.strip():
        raise InvalidInput("A source that is searched on a schedule needs a query.")


def _check_cron(expression: str) -> None:
    if len(expression.split()) != 5:
        raise InvalidInput(
            "“{expression}” is no schedule: write minute, hour, day of the month, month and day of the week, "
            "such as “30 4 * * MON”.",
            expression=expression,
        )
    moments = list(islice(_moments(expression, timezone.localtime()), _LOOKED_AT))
    if not moments:
        raise InvalidInput("“{expression}” names a day that never comes.", expression=expression)
    if any(later - earlier < _SHORTEST_GAP for earlier, later in pairwise(moments)):
        raise InvalidInput("“{expression}” comes more than once an hour.", expression=expression)


def _moments(expression: str, after: datetime) -> Iterator[datetime]:
    try:
        yield from CronSim(expression, after)
    except CronSimError as error:
        said = str(error)
        field = said.removeprefix("Bad ") if said.startswith("Bad ") else "expression"
        raise InvalidInput(
            "“{expression}” is no schedule: its {field} is not possible.",
            expression=expression,
            field=field.replace("-", " "),
        ) from error


def next_time(source: Source, after: datetime) -> datetime | None:
    """The first moment of the schedule that comes after the given one; None without a schedule."""
    local = timezone.localtime(after)
    if source.cron:
        return next(_moments(source.cron, local), None)
    if source.weekday is not None:
        ahead = (source.weekday - local.weekday()) % 7
        at = _at_hour(local + timedelta(days=ahead), source.hour)
        return at if at > after else _at_hour(local + timedelta(days=ahead + 7), source.hour)
    if source.interval_days is not None:
        return _at_hour(local + timedelta(days=source.interval_days), source.hour)
    return None


def _at_hour(day: datetime, hour: int) -> datetime:
    # From the date, not by replacing the hour: the offset may be another one on that day.
    zone = timezone.get_current_timezone()
    at = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    return at.astimezone(zone)


def first_time(source: Source) -> datetime | None:
    """When a schedule set now begins: an interval counts from the last search, or begins at once."""
    now = timezone.now()
    if source.interval_days is None:
        return next_time(source, now)
    last = source.runs.exclude(trigger=RunTrigger.FILE).order_by("-id").first() if source.pk else None
    if last is None:
        return now
    return max(now, next_time(source, last.requested_at) or now)
