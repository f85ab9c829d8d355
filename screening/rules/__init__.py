"""Votes to outcome: what two people's decisions on one report add up to. KERNEL: plain values only."""

from screening.rules.abstracts import Section, sections
from screening.rules.agreement import Agreement, agreement
from screening.rules.outcome import Outcome, outcome
from screening.rules.votes import Kind, Settlement, StageKind, State, Verdict, Vote, Why

__all__ = [
    "Agreement",
    "Kind",
    "Outcome",
    "Section",
    "Settlement",
    "StageKind",
    "State",
    "Verdict",
    "Vote",
    "Why",
    "agreement",
    "outcome",
    "sections",
]
