"""Measures a judge by what people said: which rating belongs to which judgement."""

from hone.measuring.join import Joined, join

__all__ = ["Joined", "join"]
