"""Runs many calls: a bounded pool, a journal, resume and progress."""

from hone.jobs.calls import Outcome, Progress, Tally, ask_all
from hone.jobs.journal import Journal
from hone.jobs.setup import Setup

__all__ = ["Journal", "Outcome", "Progress", "Setup", "Tally", "ask_all"]
