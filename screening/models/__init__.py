"""Two people, one record."""

from screening.models.decision import Adjudication, AdjudicationKind, Decision, Verdict
from screening.models.retrieval import Attachment, Retrieval, RetrievalKind
from screening.models.stage import ReviewerCursor, Stage, StageName
from screening.models.state import Claim, RetrievalState, ScreeningOutcome, ScreeningState, StageCount

__all__ = [
    "Adjudication",
    "AdjudicationKind",
    "Attachment",
    "Claim",
    "Decision",
    "Retrieval",
    "RetrievalKind",
    "RetrievalState",
    "ReviewerCursor",
    "ScreeningOutcome",
    "ScreeningState",
    "Stage",
    "StageCount",
    "StageName",
    "Verdict",
]
