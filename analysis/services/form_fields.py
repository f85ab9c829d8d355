"""The characteristics that the team extracts of every study: added and retired, never deleted."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from analysis.models import FieldKind, FormField
from analysis.services.act import Act
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import Review, User


@transaction.atomic
def add(
    *,
    by: User,
    review: Review,
    label: str,
    kind: str = FieldKind.TEXT,
    choices: Sequence[str] = (),
    unit: str = "",
    key: str = "",
) -> FormField:
    """Put a characteristic at the end of the form. Refuses a taken label and a choice of fewer than two."""
    locked = Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    require(by, locked, Right.MANAGE)
    label = label.strip()
    key = key or slugify(label).replace("-", "_")[:60]
    offered = list(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    if not label or not key:
        raise InvalidInput("A characteristic needs a label.")
    if kind not in FieldKind.values:
        raise InvalidInput("“{kind}” is not a kind of characteristic.", kind=kind)
    if kind == FieldKind.CHOICE and len(offered) < 2:
        raise InvalidInput("A choice needs at least two values to choose from.")
    if FormField.objects.filter(review=locked, key=key).exists():
        raise InvalidInput("“{label}” is on the form already, or was before it was retired.", label=label)
    last = FormField.objects.filter(review=locked).aggregate(last=Max("position"))["last"]
    field = FormField.objects.create(
        review=locked,
        key=key,
        label=label,
        kind=kind,
        choices=offered if kind == FieldKind.CHOICE else [],
        unit=unit.strip(),
        position=0 if last is None else last + 1,
    )
    Act(by=by, review_id=locked.pk).audit("form.field_added", field, new={"key": key, "kind": kind})
    return field


@transaction.atomic
def retire(*, by: User, field: FormField) -> FormField:
    """Take a characteristic off the form; what was extracted of it stays."""
    require(by, field.review, Right.MANAGE)
    if field.retired_at is None:
        field.retired_at = timezone.now()
        field.save(update_fields=["retired_at"])
        Act(by=by, review_id=field.review_id).audit("form.field_retired", field)
    return field


@transaction.atomic
def restore(*, by: User, field: FormField) -> FormField:
    """Put a retired characteristic back on the form, with what was extracted of it."""
    require(by, field.review, Right.MANAGE)
    if field.retired_at is not None:
        field.retired_at = None
        field.save(update_fields=["retired_at"])
        Act(by=by, review_id=field.review_id).audit("form.field_restored", field)
    return field
