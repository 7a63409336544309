"""The one error the tool raises for whatever it refuses."""

from __future__ import annotations


class ForkError(Exception):
    """A refusal that a person can act on.

    what: the thing refused, with its file and definition. why: the reason. remedy: what to do about it.
    """

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(what, why, remedy)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  remedy: {self.remedy}"


class ForkErrors(ForkError):
    """Several refusals, so that one run shows all there is to correct."""

    def __init__(self, errors: list[ForkError]) -> None:
        super().__init__(errors[0].what, errors[0].why, errors[0].remedy)
        self.errors = errors

    def __str__(self) -> str:
        return "\nerror: ".join(str(error) for error in self.errors)
