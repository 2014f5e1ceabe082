"""Replay: the snapshots of a training, scrubbed through."""
