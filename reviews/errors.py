"""Refusals that a person can act on. KERNEL: no Django here.

A service raises, a view turns it into a 409 or 422 answer; the sentence lives with the view's templates,
the default one here is what a person sees where no page says it better.
"""


class DomainError(Exception):
    """A refusal with a stable code, a sentence and the values that the sentence names."""

    code = "refused"
    sentence = "This cannot be done now."
    status = 409

    def __init__(self, sentence: str = "", **parameters: object) -> None:
        self.parameters = parameters
        if sentence:
            self.sentence = sentence
        super().__init__(self.sentence.format(**parameters) if parameters else self.sentence)


class NotAllowed(DomainError):
    """The person is a member, but without the right."""

    code = "not_allowed"
    sentence = "Your role in this review does not allow this."
    status = 403


class InvalidInput(DomainError):
    """A value that can be mended by the person who typed it."""

    code = "invalid_input"
    status = 422
