"""Hone: customise a metric and a small language model for your own task."""
