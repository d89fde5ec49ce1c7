"""Runs many calls: a bounded pool, a journal, resume, budget and progress."""

from hone.jobs.calls import Budget, Caller, Outcome, Progress, Tally, ask_all
from hone.jobs.journal import Journal
from hone.jobs.pool import pool, wait
from hone.jobs.setup import Setup

__all__ = ["Budget", "Caller", "Journal", "Outcome", "Progress", "Setup", "Tally", "ask_all", "pool", "wait"]
