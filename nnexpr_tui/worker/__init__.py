"""The engine's side of the explorer: its thread, what it trains, counts and records there. Nothing here draws."""
