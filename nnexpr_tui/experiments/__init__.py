"""Experiments in processes of their own: the process, the queue of them, and what they find."""
