"""What the appraisal kernel refuses, and the one fault that is the definition's and not the person's."""

from reviews.errors import InvalidInput


class ToolInvalid(ValueError):
    """A tool definition contradicts itself; found when it is loaded, never while someone appraises."""


class AppraisalError(InvalidInput):
    """Base of the kernel's refusals."""

    code = "appraisal_error"


class QuestionUnknown(AppraisalError):
    """An answer names a question that the tool does not have."""

    code = "question_unknown"
    sentence = "This tool has no question {question}."


class DomainUnknown(AppraisalError):
    """A domain id that the tool does not have, or that the settings leave inactive."""

    code = "domain_unknown"
    sentence = "This tool has no domain {domain} here; it has {allowed}."


class AnswerNotAllowed(AppraisalError):
    """An answer code that the question does not offer."""

    code = "answer_not_allowed"
    sentence = "Question {question} does not offer the answer {answer}. Choose one of {allowed}."


class SettingInvalid(AppraisalError):
    """A preliminary is missing, or has a value that the tool does not offer."""

    code = "setting_invalid"
    sentence = "Choose at least {at_least} of {allowed} for {setting}; {value} does not do."


class JudgementUnknown(AppraisalError):
    """A judgement id that the tool does not have."""

    code = "judgement_unknown"
    sentence = "This tool has no judgement {judgement}; it has {allowed}."


class JustificationRequired(AppraisalError):
    """The final judgement differs from the proposed one and no reason is given."""

    code = "justification_required"
    sentence = "Say why your judgement ({final}) differs from the proposed one ({proposed})."


class OverallBetterThanWorstDomain(AppraisalError):
    """The overall judgement would be better than the worst final domain judgement."""

    code = "overall_better_than_worst_domain"
    sentence = (
        "The overall judgement ({final}) cannot be better than the worst domain ({worst}). "
        "To improve it, change the domain and say why."
    )
