"""The plane: a network of two inputs, as maps and as cells."""
