"""Begin a review, and change what its pages and rules read."""

from django.db import transaction
from django.utils.text import slugify

from reviews import audit, sequence
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import AdjudicationRule, Membership, Protocol, Review, ReviewCounter, Role, User

_SLUG_LENGTH = 60


def _free_slug(title: str) -> str:
    stem = slugify(title)[:_SLUG_LENGTH].strip("-") or "review"
    taken = set(Review.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)


@transaction.atomic
def create(*, by: User, title: str, question: str = "") -> Review:
    """A review with an empty protocol; whoever begins it leads it. Refuses an empty title."""
    title = title.strip()
    if not title:
        raise InvalidInput("A review needs a title.")
    review = Review.objects.create(slug=_free_slug(title), title=title, created_by=by)
    ReviewCounter.objects.create(review=review)
    Protocol.objects.create(review=review, question=question.strip())
    Membership.objects.create(review=review, user=by, role=Role.LEAD)
    audit.record(
        by=by,
        verb="review.created",
        target=review,
        review_id=review.pk,
        seq=sequence.take(review.pk),
        new={"title": title},
    )
    return review


@transaction.atomic
def change_settings(
    *,
    by: User,
    review: Review,
    title: str | None = None,
    is_public: bool | None = None,
    adjudication: AdjudicationRule | None = None,
    notice: str | None = None,
) -> Review:
    """Change the review's own settings. Refuses people without the right to manage, and an empty title."""
    locked = Review.objects.select_for_update().get(pk=review.pk)
    require(by, locked, Right.MANAGE)
    given = {"title": title, "is_public": is_public, "adjudication": adjudication, "notice": notice}
    changed = {name: value for name, value in given.items() if value is not None}
    if not str(changed.get("title", "kept")).strip():
        raise InvalidInput("A review needs a title.")
    old = {name: getattr(locked, name) for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changed))
    audit.record(
        by=by,
        verb="review.settings_changed",
        target=locked,
        review_id=locked.pk,
        seq=sequence.take(locked.pk),
        old=old,
        new=changed,
    )
    return locked
