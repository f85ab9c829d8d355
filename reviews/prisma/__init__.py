"""KERNEL: the numbers of the PRISMA 2020 flow and their identities. Decides from values alone."""

from reviews.prisma.csv_export import to_prisma2020_csv
from reviews.prisma.flow import Flow, Named, count
from reviews.prisma.identities import Violation, identities
from reviews.prisma.places import Classified, Place, SourceKind, place_of

__all__ = [
    "Classified",
    "Flow",
    "Named",
    "Place",
    "SourceKind",
    "Violation",
    "count",
    "identities",
    "place_of",
    "to_prisma2020_csv",
]
