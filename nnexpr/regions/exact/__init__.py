"""Counts in rational arithmetic, of small networks: what settles decisions that rounding leaves open.

maps.py    every unit's affine map on every cell, in whole numbers times a power of two
line.py    along the segments of a path
plane.py   on a rectangle of a plane
asked.py   whether that is cheap enough, and whether it agrees
"""
