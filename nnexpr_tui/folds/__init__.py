"""Folds: the triangle map composed, beside a shallow least-squares fit."""
