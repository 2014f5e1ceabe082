"""The empirical tangent kernel of a network, its modes, and what training would be if the kernel stood still.

With trained parameters p and a scalar output y(x; p), the kernel is

    K(x, x') = sum_k dy(x)/dp_k dy(x')/dp_k,

J J^T for the Jacobian J of ``jacobian.py``. Gradient descent at a small rate moves the residual r at the n training
points by dr/dt = -(2 / n) K r (the loss is the mean of r²), so the part of the error along the eigenvector of an
eigenvalue mu decays like exp(-2 mu t / n): what lies along small eigenvalues is learned late. A network that is linear
in what is trained (fixed knots) has a kernel that never moves, and there :func:`linearised_losses` is no model but the
losses themselves; a wide one's moves little (Jacot, Gabriel, Hongler, Neural tangent kernel: convergence and
generalization in neural networks, NeurIPS 2018); how far it does move is :func:`movement`.

No Jacobian is formed. A layer's part of J has entries D_i(x) a_j(x), with D the deltas of backpropagation and a the
layer's inputs and a 1, so its part of K is the entrywise product of two Gram matrices,

    K_l = (D_l^T D_l) * (a_l^T a_l + 1).

Cost: n² (outputs + inputs) multiply-adds a layer and member, where J J^T takes n² outputs (inputs + 1). Memory beside
the result: two n × n matrices and the layers' outputs at the n points, one member at a time. Error: each entry is a sum
of products of sums, so it is off by about (widths) eps of the sum of its terms' magnitudes; all entries come from
Gram matrices and have the same bits mirrored.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.network import Network

__all__ = ["alignment", "decays", "linearised_losses", "movement", "tangent_kernel", "tangent_modes"]


@overload
def tangent_kernel(network: Network, x: Tensor) -> Tensor: ...


@overload
def tangent_kernel(network: Network, x: NDArray[Any]) -> NDArray[Any]: ...


def tangent_kernel(network: Network, x: Tensor | NDArray[Any]) -> Tensor | NDArray[Any]:
    """K at ``x: (points,)`` or ``(points, inputs)``, of every member: ``(members, points, points)``.

    In the network's own units, over the weights and biases that training changes; dtype and device of the network. A
    tensor gives a tensor, an array or a list an array. Raises ValueError for a network of several outputs (one is taken
    by ``network.output(k)``) and for one of which nothing is trained.
    """
    if not isinstance(x, Tensor):
        given = torch.as_tensor(np.asarray(x, dtype=np.float64))
        values: NDArray[Any] = tangent_kernel(network, given).cpu().numpy()
        return values
    if network.outputs != 1:
        raise ValueError(f"the network has {network.outputs} outputs; take one of them by network.output(k)")
    if network.trained_parameter_count == 0:
        raise ValueError("every layer is frozen; a tangent kernel needs a layer that is trained")
    features = network.features(x)
    points = features.shape[1]
    kernel: Tensor = features.new_zeros((network.members, points, points))
    with torch.no_grad():
        for member, own in enumerate(kernel):
            _add_kernel(network, member, features, own)
    return kernel


def _add_kernel(network: Network, member: int, features: Tensor, kernel: Tensor) -> None:
    """Add one member's K at the features to ``kernel: (points, points)``."""
    inputs, kept = [features], []
    for index, layer in enumerate(network.layers):
        z = torch.addmm(network.bias(index)[member, :, None], network.weight(index)[member], inputs[-1])
        if layer.adds:
            z.add_(inputs[-layer.adds])
        activation = ACTIVATIONS[layer.activation]
        a = torch.empty_like(z) if activation.keeps_input else z
        activation.forward(z, a)
        inputs.append(a)
        kept.append(z)
    lowest = next(index for index, layer in enumerate(network.layers) if layer.trained)
    deltas = torch.ones_like(inputs[-1])
    owed: dict[int, Tensor] = {}  # deltas that layers below get from those which add what they give
    for index in range(len(network.layers) - 1, lowest - 1, -1):
        layer, below = network.layers[index], inputs[index]
        deltas = deltas + owed.pop(index) if index in owed else deltas
        ACTIVATIONS[layer.activation].pull_back(deltas, kept[index])
        if layer.adds:
            place = index - layer.adds
            owed[place] = owed[place] + deltas if place in owed else deltas
        if layer.trained:
            kernel.add_((below.T @ below).add_(1.0).mul_(deltas.T @ deltas))
        deltas = network.weight(index)[member].T @ deltas


def tangent_modes(kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues ``(members, n)``, largest first, and modes ``(members, n, n)``, a row each, of length 1.

    Float64, by LAPACK's symmetric solver: an eigenvalue is off by at most about n eps of the largest, so one smaller
    than that is rounding, and is given as 0 where it came out negative (K has none).
    """
    values, vectors = torch.linalg.eigh(kernel.to(torch.float64))
    return values.flip(-1).clamp_min(0.0), vectors.flip(-1).transpose(-1, -2)


def movement(kernel: Tensor, start: Tensor) -> Tensor:
    """How far K has moved, ``(members,)``: ||K - K_0|| / ||K_0|| in the Frobenius norm."""
    moved: Tensor = torch.linalg.matrix_norm(kernel - start) / torch.linalg.matrix_norm(start)
    return moved


def alignment(kernel: Tensor, start: Tensor) -> Tensor:
    """How much of the movement is more than growth, ``(members,)``: the cosine <K, K_0> / (||K|| ||K_0||), 0 to 1.

    It is 1 where K is a multiple of K_0, which then has the same modes and only another pace.
    """
    norms = torch.linalg.matrix_norm(kernel) * torch.linalg.matrix_norm(start)
    cosine: Tensor = (kernel * start).sum(dim=(-2, -1)) / norms
    return cosine


def linearised_losses(
    kernel: Tensor, residual: Tensor, rate: float | Tensor, epochs: Tensor, *, momentum: float = 0.0
) -> Tensor:
    """The losses of gradient descent from ``residual: (members, n)`` if K stood still: ``(members, len(epochs))``.

    ``epochs``: whole numbers, ascending. ``rate``: one, or for each of the epochs that of the steps which lead there
    from the one before it (the first from 0). In the modes of K the residual has coefficients c, and the loss after t
    steps is sum_k e_k(t)² c_k² / n with the :func:`decays` e_k. Float64; not finite where a mode grows beyond it.
    """
    values, modes = tangent_modes(kernel)
    n = residual.shape[-1]
    energy = torch.einsum("mkn,mn->mk", modes, residual.to(torch.float64)).square() / n
    steps = torch.diff(epochs, prepend=epochs.new_zeros(1))
    rates = torch.as_tensor(rate, dtype=torch.float64).expand(len(epochs))
    return torch.einsum("mk,mkt->mt", energy, decays(values / n, rates, steps, momentum).square())


def decays(values: Tensor, rates: Tensor, steps: Tensor, momentum: float = 0.0) -> Tensor:
    """What is left of each mode, ``(..., k, t)``, after the first of ``steps: (t,)`` gradient steps, the second, ...

    ``values: (..., k)``: mu_k / n; ``rates: (t,)``: of the steps of each stretch. With momentum beta, from e_k = 1 and
    v_k = 0,

        v_k <- beta v_k + 2 mu_k / n e_k,    e_k <- e_k - rate v_k,

    so without momentum each step multiplies by 1 - 2 rate mu_k / n, and a mode grows where 2 rate mu_k / n is above 2.
    The recurrence is raised to the steps by repeated squaring: 10^6 of them cost 20 products.
    """
    pull = 2 * values.unsqueeze(-1).expand(*values.shape, len(steps))
    if momentum == 0:
        return (1 - rates * pull).pow(steps).cumprod(dim=-1)
    step = pull.new_zeros(*pull.shape, 2, 2)  # of (e, v)
    step[..., 0, 0], step[..., 0, 1] = 1 - rates * pull, -rates * momentum
    step[..., 1, 0], step[..., 1, 1] = pull, momentum
    stretches = torch.eye(2, dtype=step.dtype, device=step.device).expand_as(step)
    left = steps.clone()
    while bool((left > 0).any()):
        stretches = torch.where((left % 2 == 1)[:, None, None], step @ stretches, stretches)
        step, left = step @ step, left // 2
    state, remaining = pull.new_tensor([[1.0], [0.0]]), []
    for stretch in stretches.unbind(dim=-3):
        state = stretch @ state
        remaining.append(state[..., 0, 0])
    return torch.stack(remaining, dim=-1)
