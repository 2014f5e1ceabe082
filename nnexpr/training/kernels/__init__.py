"""Training on the processor, compiled: one member at a time through all layers, while its numbers are in the cache."""
