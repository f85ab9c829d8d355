"""Who, what, which records."""

from reviews.models.audit import AuditEvent, FeedEntry
from reviews.models.base import Fact
from reviews.models.duplicate import DuplicateSuggestion, MergeEvent, MergeKind, SuggestionState
from reviews.models.outbox import Delivery, OutboxEvent
from reviews.models.protocol import (
    CONTINUOUS_MEASURES,
    Amendment,
    Criterion,
    CriterionKind,
    CriterionSlot,
    Direction,
    ExclusionReason,
    Measure,
    Outcome,
    OutcomeType,
    Protocol,
    ProtocolVersion,
    ReasonScope,
)
from reviews.models.record import Bibliographic, Record, RecordReport, Report, Sighting
from reviews.models.review import AdjudicationRule, Review, ReviewCounter, ReviewState
from reviews.models.source import (
    Connector,
    RunProblem,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    SourceKind,
)
from reviews.models.team import Invitation, Membership, Role
from reviews.models.user import User

__all__ = [
    "CONTINUOUS_MEASURES",
    "AdjudicationRule",
    "Amendment",
    "AuditEvent",
    "Bibliographic",
    "Connector",
    "Criterion",
    "CriterionKind",
    "CriterionSlot",
    "Delivery",
    "Direction",
    "DuplicateSuggestion",
    "ExclusionReason",
    "Fact",
    "FeedEntry",
    "Invitation",
    "Measure",
    "Membership",
    "MergeEvent",
    "MergeKind",
    "OutboxEvent",
    "Outcome",
    "OutcomeType",
    "Protocol",
    "ProtocolVersion",
    "ReasonScope",
    "Record",
    "RecordReport",
    "Report",
    "Review",
    "ReviewCounter",
    "ReviewState",
    "Role",
    "RunProblem",
    "RunState",
    "RunTrigger",
    "SearchRun",
    "Sighting",
    "Source",
    "SourceKind",
    "SuggestionState",
    "User",
]
