"""What crosses from the engine's thread to the screens: plain, immutable data. Nothing here imports torch."""
