"""What recordings are written to with the explorer's charts is declared here; the table then has all that there is."""

from nnexpr.exports import EXPORTS, export_to

__all__ = ["EXPORTS", "export_to"]
