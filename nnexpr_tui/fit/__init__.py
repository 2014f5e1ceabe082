"""The fit: a network being trained, its counts and its frequencies."""
