"""The fit under training on the engine's thread, and what every screen may know of it. Nothing here draws."""
