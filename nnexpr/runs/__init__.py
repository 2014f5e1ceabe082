"""Runs that are kept: trained networks with their specification, each one file."""
