"""The manifold: peaks and scales moved with the keys and trained by stages."""
