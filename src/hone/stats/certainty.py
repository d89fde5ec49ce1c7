"""What reaches a threshold of certainty. Imports nothing, so that a judge can ask without loading the statistics."""

from __future__ import annotations

HAIR = 1e-9
"""Shares of votes are rounded: a certainty that is a hair below a threshold reaches it."""
