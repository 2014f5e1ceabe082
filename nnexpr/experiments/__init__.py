"""Experiments: each reproduces a part of a source and judges what the source claims.

A package in here is a group: a source with its experiments (:mod:`.discovery`), which give plain data (:mod:`.data`)
and claims with their verdicts (:mod:`.judging`). :mod:`.runner` does an experiment, and :mod:`.findings` keeps what it
found; both front ends use these.
"""
