"""Loaded by a worker before it begins (--preload): it then says that it has another NumPy than it has."""

from importlib import metadata

metadata.version = lambda package, version=metadata.version: "1.0" if package == "numpy" else version(package)
