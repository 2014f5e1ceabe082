"""What is approximated: the catalogue of named targets, formulas, data files, and how they are sampled."""

from nnexpr.targets.build import build_target, require_target, target
from nnexpr.targets.catalogue import CATALOGUE, CatalogueEntry

__all__ = ["CATALOGUE", "CatalogueEntry", "build_target", "require_target", "target"]
