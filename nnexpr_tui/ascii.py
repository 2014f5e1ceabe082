"""Signs in ASCII, for terminals that have no others: each of one cell becomes one of one cell.

What the explorer draws and writes itself has a sign here; accents are taken off letters. What else is not ASCII is
somebody's own name for something, and stays as it is.
"""

from __future__ import annotations

import unicodedata

__all__ = ["in_ascii"]

# A heavy border, which is the focused pane's, stays another than a light one.
SIGNS = {
    "-": "─−–—‐⁻╌┄≠", "=": "━═‖≡", "|": "│┃┆∥▏▎▍", "+": "╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋✓±", "~": "≈∼≃…",
    "#": "█■▓▉▊▋▌▐▀▄▙▛▜▟▚▞▘▝▖▗▇▆▅", ":": "▒", ".": "░·•◦⋅∘▁▂", "_": "▃", "*": "◆∗", "o": "°●○",
    "<": "←‹≤≪⟨", ">": "→›▶▸≥≫⟩", "^": "↑▲", "v": "↓▼", "/": "↗↙÷", "\\": "↖↘", "'": "′’‘", '"': "″“”",
    "x": "×⊗ξχ✗", "?": "\ufffd", "V": "√", "8": "∞", "S": "∑∫Σ", "P": "∏ΠΦ", "E": "∈", "d": "∂δ", "D": "∇ΔΩ",
    "a": "α", "b": "β", "c": "ψ", "e": "ε", "f": "φϕ", "g": "γ", "h": "θϑ", "i": "ι", "k": "κ", "l": "λ", "m": "μ",
    "n": "ην", "p": "π", "r": "ρ", "s": "σς", "t": "τ", "u": "µυ", "w": "ω", "z": "ζ", "G": "Γ", "L": "Λ", "T": "Θ",
}  # fmt: skip
BRAILLE = range(0x2801, 0x2900)


class _Table(dict[int, int]):
    """Of ``str.translate``: what is looked up is kept."""

    def __missing__(self, code: int) -> int:
        plain = unicodedata.normalize("NFKD", chr(code))[0]
        self[code] = found = ord(plain) if plain.isascii() else code
        return found


_TABLE = _Table({ord(sign): ord(plain) for plain, signs in SIGNS.items() for sign in signs})
_TABLE.update(dict.fromkeys(BRAILLE, ord("*")))


def in_ascii(text: str) -> str:
    """The text, as long as it was."""
    return text if text.isascii() else text.translate(_TABLE)
