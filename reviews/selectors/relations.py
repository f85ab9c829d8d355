"""What people said of publications that belong together without being one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from reviews.models import RelationKind, Report, ReportRelation

# A comment on an article is no report of its study.
OF_ONE_STUDY = (
    RelationKind.SAME_STUDY,
    RelationKind.ABSTRACT,
    RelationKind.PREPRINT,
    RelationKind.CORRECTION,
)


@dataclass(frozen=True, slots=True)
class Related:
    """A relation of a publication, seen from it: to which other, and what the other is to it."""

    relation: ReportRelation
    other: Report
    is_lesser: bool

    @property
    def words(self) -> str:
        """What this publication is to the other, or the other to it."""
        label = self.relation.get_kind_display()
        if self.relation.kind == RelationKind.SAME_STUDY or self.is_lesser:
            return label
        return f"This is what the other belongs to: {label[0].lower()}{label[1:]}"


def standing_relations(report_ids: Collection[int]) -> QuerySet[ReportRelation]:
    """What stands now: neither an undo nor undone."""
    return (
        ReportRelation.objects.filter(Q(first__in=report_ids) | Q(second__in=report_ids))
        .filter(undoes__isnull=True, undone_by__isnull=True)
        .select_related("first__canonical", "second__canonical", "by")
        .order_by("seq", "id")
    )


def relations_of(publication: Report, members: Iterable[int]) -> list[Related]:
    """The relations of a publication, also those that were said of a copy of it."""
    ids = set(members)
    found = []
    for relation in standing_relations(ids):
        first = relation.first.canonical or relation.first
        second = relation.second.canonical or relation.second
        if first.pk != second.pk:
            is_lesser = first.pk == publication.pk
            found.append(Related(relation, second if is_lesser else first, is_lesser))
    return found
