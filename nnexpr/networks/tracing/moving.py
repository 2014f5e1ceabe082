"""The operators of torch that make no new numbers of the input's, by their names in ``aten``."""

from __future__ import annotations

__all__ = ["MOVING", "NEW"]

# fmt: off
MOVING = frozenset((  # by torch itself, applied to the numbers of units
    "_reshape_alias", "_unsafe_view", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d",
    "_upsample_nearest_exact3d", "alias", "channel_shuffle", "clone", "detach", "diagonal", "expand", "flip",
    "gather", "im2col", "index", "index_select", "lift_fresh", "permute", "pixel_shuffle", "pixel_unshuffle",
    "reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "repeat", "replication_pad1d", "replication_pad2d",
    "replication_pad3d", "roll", "select",
    "slice", "split", "split_with_sizes", "squeeze", "t", "take", "transpose", "tril", "triu", "unbind", "unfold",
    "unsafe_split", "unsqueeze", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "view",
))
NEW = frozenset((
    "empty_like", "full_like", "new_empty", "new_empty_strided", "new_full", "new_ones", "new_zeros", "ones_like",
    "zeros_like",
))
# fmt: on
