"""Training: gradients in place, optimisers, schedules, sessions and their snapshots."""
