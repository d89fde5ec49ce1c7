"""Runs many calls: a bounded pool, a journal, resume, budget and progress."""

from hone.jobs.calls import Budget, Caller, CallTally, Outcome, Progress, ask_all
from hone.jobs.journal import Journal
from hone.jobs.pool import pool, wait
from hone.jobs.setup import Setup

__all__ = ["Budget", "CallTally", "Caller", "Journal", "Outcome", "Progress", "Setup", "ask_all", "pool", "wait"]
