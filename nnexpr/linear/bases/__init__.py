"""The bases of the linear representation, one class a file; ``nnexpr.linear.basis`` declares them."""
