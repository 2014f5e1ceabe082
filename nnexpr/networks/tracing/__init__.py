"""Modules of torch as graphs: a module's own forward is run on tensors that stand for units of a graph."""
