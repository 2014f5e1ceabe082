"""Experiments: one file per source, with its claims and its printed numbers."""
