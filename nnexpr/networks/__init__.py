"""Networks: the stack of affine layers, its builders, initialisers, input encoding, and torch in and out."""
