"""The continuous piecewise-linear function of one variable, its free knots and how well it can do."""
