"""KERNEL: risk-of-bias tools as data. Decides from values alone: no Django, no ORM."""

from analysis.appraisal.agreement import Agreement, agreement, answer_agreement, disagreements, pool
from analysis.appraisal.errors import (
    AnswerNotAllowed,
    AppraisalError,
    DomainUnknown,
    JudgementUnknown,
    JustificationRequired,
    OverallBetterThanWorstDomain,
    QuestionUnknown,
    SettingInvalid,
    ToolInvalid,
)
from analysis.appraisal.evaluate import (
    DomainProposal,
    OverallProposal,
    active_domains,
    asked,
    check_domain_override,
    check_overall_override,
    check_settings,
    evaluate_domain,
    floor,
    overall,
)
from analysis.appraisal.loading import load_tool, parse_tool
from analysis.appraisal.suggest import StudyDesign, ToolSuggestion, suggest_tool
from analysis.appraisal.tool import Domain, Judgement, Question, Tool

__all__ = [
    "Agreement",
    "AnswerNotAllowed",
    "AppraisalError",
    "Domain",
    "DomainProposal",
    "DomainUnknown",
    "Judgement",
    "JudgementUnknown",
    "JustificationRequired",
    "OverallBetterThanWorstDomain",
    "OverallProposal",
    "Question",
    "QuestionUnknown",
    "SettingInvalid",
    "StudyDesign",
    "Tool",
    "ToolInvalid",
    "ToolSuggestion",
    "active_domains",
    "agreement",
    "answer_agreement",
    "asked",
    "check_domain_override",
    "check_overall_override",
    "check_settings",
    "disagreements",
    "evaluate_domain",
    "floor",
    "load_tool",
    "overall",
    "parse_tool",
    "pool",
    "suggest_tool",
]
