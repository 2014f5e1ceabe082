"""Regions: exact on the line, sampled, bends by layer, dead units, bounds."""
