"""How objects show themselves in a notebook: :mod:`.cards` as HTML of their own, :mod:`.pictures` by matplotlib.

Everything is small and bounded: curves of at most 240 points, tables of at most 40 rows, texts of at most 160
characters, all of them escaped. A card needs no matplotlib, no script and no style sheet, and takes the notebook's
own colours, light or dark.
"""
