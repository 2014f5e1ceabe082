"""Planes are moved rigidly: that lengths and angles are kept is told by Gram matrices, not by the formulas."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr import Plane
from nnexpr.regions.moved import normal, shifted, tilted, turned, upright
from nnexpr.specification import InputError


@pytest.fixture
def plane():
    return Plane(*np.random.default_rng(0).standard_normal((3, 7)))


def gram(plane: Plane) -> np.ndarray:
    basis = np.stack([plane.u, plane.v])
    return basis @ basis.T


def across(plane: Plane) -> np.ndarray:
    """A vector of the plane at a right angle to u, on v's side, by a triangular factorisation."""
    q, r = np.linalg.qr(np.stack([plane.u, plane.v], axis=1))
    return q[:, 1] * np.sign(r[1, 1])


def test_upright_is_the_same_plane_with_a_square_grid(plane):
    made = upright(plane)
    np.testing.assert_allclose(gram(made), gram(plane)[0, 0] * np.eye(2), atol=1e-12)
    assert np.linalg.matrix_rank(np.stack([plane.u, plane.v, made.v]), tol=1e-9) == 2
    assert made.v @ plane.v > 0


def test_a_turn_stays_in_the_plane_and_keeps_its_point(plane):
    made = turned(plane, 37.0, (0.5, -2.0))
    np.testing.assert_allclose(gram(made), gram(plane), atol=1e-12)
    np.testing.assert_allclose(made.at(0.5, -2.0), plane.at(0.5, -2.0), atol=1e-12)
    assert np.linalg.matrix_rank(np.stack([plane.u, plane.v, made.u, made.v]), tol=1e-9) == 2
    np.testing.assert_allclose(turned(turned(plane, 90), 270).v, plane.v, atol=1e-12)
    assert turned(plane, 1).u @ across(plane) > 0, "from u towards v"


def test_a_tilt_keeps_a_line_and_leans_towards_the_direction(plane):
    towards = np.eye(7)[3]
    made = tilted(plane, towards, 20.0, (1.0, 1.0))
    np.testing.assert_allclose(gram(made), gram(plane), atol=1e-12)
    s, t = np.array([-3.0, 1.0, 2.0]), np.ones(3)
    np.testing.assert_allclose(made.at(s, t), plane.at(s, t), atol=1e-12)
    out = normal(plane, towards)
    np.testing.assert_allclose([out @ plane.u, out @ plane.v], 0, atol=1e-14)
    assert np.linalg.norm(out) == pytest.approx(1)
    assert out @ towards > 0
    assert np.rad2deg(np.arcsin(across(made) @ out)) == pytest.approx(20.0)


def test_a_shift_moves_by_its_distance_at_right_angles(plane):
    step = shifted(plane, np.eye(7)[0], 0.25).origin - plane.origin
    assert np.linalg.norm(step) == pytest.approx(0.25)
    np.testing.assert_allclose([step @ plane.u, step @ plane.v], 0, atol=1e-12)


def test_there_is_no_way_out_of_a_plane_along_it(plane):
    with pytest.raises(InputError, match="leads out"):
        normal(plane, plane.u - 2 * plane.v)


def test_a_thin_plane_far_from_zero_comes_back():
    plane = Plane(np.full(3, 1e6), np.array([1e-3, 0, 0]), np.array([1e-3, 1e-6, 0]))
    np.testing.assert_allclose(turned(turned(plane, 45), -45).v, plane.v, rtol=1e-9, atol=1e-15)
