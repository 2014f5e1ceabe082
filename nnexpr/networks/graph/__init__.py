"""Graphs: any piecewise-linear network, taken apart into affine maps, kinks, maxima and sums."""
