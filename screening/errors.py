"""What screening refuses, each with its code and sentence."""

from reviews.errors import DomainError, InvalidInput


class ScreeningNotStarted(DomainError):
    code = "screening_not_started"
    sentence = "Screening has not started: votes cast now are practice."


class ScreeningHasStarted(DomainError):
    code = "screening_has_started"
    sentence = "Screening has started, so there is no practice any more."


class NotOpen(DomainError):
    code = "not_open"
    sentence = "This report needs no more votes: they are in, or it was merged or taken out meanwhile."


class NotRetrieved(DomainError):
    code = "not_retrieved"
    sentence = "The full text of this report has not been retrieved yet."


class AlreadyVoted(DomainError):
    code = "already_voted"
    sentence = "You have voted on this report. Change your vote under “My votes”."


class NoVote(DomainError):
    code = "no_vote"
    sentence = "You have no vote here that could be changed or withdrawn."


class VoteStands(DomainError):
    code = "vote_stands"
    sentence = "This vote is part of a conflict, so it stays as it is; whoever settles the conflict decides."


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    sentence = "At full text an exclusion needs its primary reason."


class NotInConflict(DomainError):
    code = "not_in_conflict"
    sentence = "There is no conflict to settle here any more."


class MayNotSettle(DomainError):
    code = "may_not_settle"
    sentence = "By the rule of this review, somebody else settles this conflict."
    status = 403


class AlreadyRead(DomainError):
    code = "already_read"
    sentence = "Votes on this full text are in, so it has been retrieved."


class NotAtFullText(DomainError):
    code = "not_at_full_text"
    sentence = "This report is not among those whose full text is sought."
