"""Theory: floors and capacities to hold a fit against."""
