"""Linear representation: bases of fixed knots and least squares in them."""
