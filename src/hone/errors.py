"""Every error that Hone raises on purpose.

    HoneError
    ├── ProjectError            a project folder that is missing, or would be overwritten
    │   └── FileFormatError     a file of the project that does not read: file, line, key
    ├── RubricError             a rubric that breaks a rule (2 to 7 criteria, known names, its scale)
    ├── PromptError             a prompt file with an unknown or a missing field
    ├── VerdictError            a judge's text that is no verdict; it becomes *unscored*, never a score
    ├── RunError                a run folder that cannot be used
    │   ├── ConfigChangedError  raised no more: other settings are another run; kept until 0.3
    │   ├── RunBusyError        a run that another process is writing
    │   └── IncompleteError     calls failed that a step cannot do without; what was answered is kept
    ├── ExportError             a model that cannot be written as GGUF: architecture, tokenizer, room, a wrong adapter
    │   └── ParityError         what was exported is not what was tuned; the message names the check
    ├── TuneError               training cannot start, or went wrong; the message says what to change
    ├── StatsError              arrays that no figure can be computed from: shapes, confidence, seeds
    ├── FeedbackError           what a person sent cannot be taken: a score off the scale, an expired invitation
    ├── StoreError              the store of feedback cannot be used: locked, damaged, full disk, another schema
    └── ModelError
        ├── SpecError           a model spec that names no model
        ├── MissingExtraError   a package that a model or a step needs, with the command that installs it
        ├── UnavailableError    no call can succeed: missing file, wrong key, unknown model
        └── CallError           this one call failed; the others may go on
            ├── BudgetError     the call was not sent: the budget is used up
            ├── NoAnswerError   the endpoint answered without an answer: an error, a filter, nothing
            ├── UnreachableError  the connection failed or timed out, however often it was tried
            └── ContextError    the prompt does not fit into the model's context

A message says what went wrong, where, and what to do about it. The command line prints it and exits with 1, after an
`IncompleteError` with 4 (`hone.cli.codes`); an exception that is not a `HoneError` is a bug and keeps its traceback.
"""

from __future__ import annotations

from pathlib import Path


class HoneError(Exception):
    """The root of all errors that Hone raises on purpose."""


class ProjectError(HoneError):
    """A project folder is missing something, or something would be overwritten."""


class TrustError(ProjectError):
    """A project names a host or a database that its user has not agreed to."""


class FileFormatError(ProjectError):
    """A file does not read.

    Args:
        path: The file.
        problem: What is wrong and what to write instead.
        line: The line, counted from 1, where it is known.
        key: The dotted path of the key, such as ``criteria.1.sentence``, where there is one.
    """

    def __init__(self, path: Path, problem: str, *, line: int | None = None, key: str = "") -> None:
        self.path, self.problem, self.line, self.key = path, problem, line, key
        where = f"{path}:{line}" if line else str(path)
        super().__init__(": ".join(part for part in (where, key, problem) if part))


class RubricError(HoneError):
    """A rubric breaks one of its rules."""


class PromptError(HoneError):
    """A prompt file names an unknown field, or lacks one that it must have."""


class VerdictError(HoneError):
    """A model's text does not hold the answer that was asked for."""


class RunError(HoneError):
    """A run folder cannot be used."""


class ConfigChangedError(RunError):
    """Raised no more, and kept until 0.3: where settings changed, a new run starts and says which."""


class RunBusyError(RunError):
    """Another process is writing this run."""


class IncompleteError(RunError):
    """Calls failed that a step cannot do without. What was answered is in the journal.

    Attributes:
        answered: How many calls were answered, where that is known; else none.
    """

    answered: int | None = None


class ExportError(HoneError):
    """A model cannot be written as GGUF."""


class ParityError(ExportError):
    """What was exported is not what was tuned."""


class TuneError(HoneError):
    """Training cannot start, or went wrong on the way; checkpoints stay."""


class StatsError(HoneError):
    """Arrays or settings that no figure can be computed from."""


class FeedbackError(HoneError):
    """What a person sent cannot be taken: a score off the scale, an unknown reply, an expired invitation."""


class StoreError(HoneError):
    """The store of people's feedback cannot be read or written. What it has acknowledged is kept."""


class OlderStoreError(StoreError):
    """The store was made by an earlier version; opening it for writing brings it up to date."""


class ModelError(HoneError):
    """A model cannot be used, or did not answer."""


class SpecError(ModelError):
    """A model spec names no model."""


class MissingExtraError(ModelError):
    """A package is missing; the message holds the command that installs it."""


class UnavailableError(ModelError):
    """No call to this model can succeed, so the run stops at once."""


class CallError(ModelError):
    """One call failed for good; other calls may still succeed."""


class BudgetError(CallError):
    """The call was not sent, because the budget is used up."""


class NoAnswerError(CallError):
    """The endpoint answered without an answer: it reports a failure, a filter withheld it, or it is empty."""


class UnreachableError(CallError):
    """The endpoint could not be reached, however often it was tried."""


class ContextError(CallError):
    """The prompt does not fit into the model's context."""
