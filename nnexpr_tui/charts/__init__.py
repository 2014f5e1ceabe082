"""Charts: series become rows of styled text, and a widget repaints only the rows that changed.

========== ==========================================================================================
series     what is drawn: :class:`Series`, :class:`Axis`, :class:`ChartData`, and the :class:`Frame` it is drawn into
prepare    values that cannot be shown are set aside and counted; the rest is thinned to what dots can tell apart
limits     round limits that hold, and where the ticks go
plan       which rows and columns are header, axes, canvas, bends and footer
plots      the only file that knows plotext: axes for every chart, whole charts for the batch commands
dots       lines, points and bands as braille, block or ASCII characters
raster     :func:`rasterise`: a chart as rows; pure, for any thread
cursor     where a cursor may stand on a chart, and the values there
text       :func:`render_text`: a chart as a string, for pipes and logs
widget     :class:`Chart`, the Textual widget
heat       maps as pictures, in the colours of ``palettes``; ``maps`` makes them and ``heatmap`` shows them
pacing     :class:`Pacer`: when the next frame may be drawn
========== ==========================================================================================

``series``, ``rows``, ``limits``, ``widget`` and ``pacing`` import neither NumPy nor plotext, so an explorer can paint
before either is loaded; only ``widget`` and ``heatmap`` import Textual, so batch commands can draw without it.
"""
