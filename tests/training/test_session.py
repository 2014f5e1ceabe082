"""Sessions: states, determinism, members that diverge, and what a fit reports."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnexpr.networks.builders import mlp, shallow
from nnexpr.scale import Scale
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets.target import Target
from nnexpr.training.fit import fit, result_of, train
from nnexpr.training.groups import Loops
from nnexpr.training.session import InvalidTransition, Session
from nnexpr.training.stepper import Data


def sine_target(points: int = 64, factor: float = 1.0, shift: float = 0.0) -> Target:
    x = np.linspace(0, 1, points)[:, None]
    return Target("sine", "sin 6x", x, np.sin(6 * x[:, 0]), ((0.0, 1.0),), value_scale=Scale(factor, shift))


def session(members: int = 3, width: int = 8, loops: Loops = "auto", **options: object) -> Session:
    network = mlp(depth=3, width=width, members=members, seed=0)
    specification = FitSpecification.make(members=members, **{"epochs": 50, **options})
    return Session(network, sine_target(), specification, loops=loops)


def run(one: Session) -> Session:
    one.start()
    while one.advance(0.005):
        pass
    return one


def sequential(network: torch.nn.Module, target: Target, epochs: int, lr: float) -> float:
    """The same training by autograd and torch.optim.Adam."""
    x = torch.as_tensor(target.inputs, dtype=torch.float32)
    y = torch.as_tensor(target.values, dtype=torch.float32)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((network(x)[:, 0] - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    return float(((network(x)[:, 0] - y) ** 2).mean().detach())


def test_training_is_that_of_a_torch_module() -> None:
    network = mlp(depth=3, width=8, members=4, seed=3)
    target = sine_target()
    result = fit(network, target, epochs=200, lr=3e-3)
    for member in range(4):
        layers: list[torch.nn.Module] = []
        for index in range(3):
            linear = torch.nn.Linear(network.layers[index].inputs, network.layers[index].outputs)
            linear.weight.data = network.weight(index)[member].clone()
            linear.bias.data = network.bias(index)[member].clone()
            layers += [linear, torch.nn.ReLU()] if index < 2 else [linear]
        loss = sequential(torch.nn.Sequential(*layers), target, 200, 3e-3)
        assert float(result.loss[member]) == pytest.approx(loss, rel=1e-3)


def test_states_follow_one_another() -> None:
    one = session()
    assert one.state == "ready"
    with pytest.raises(InvalidTransition, match="cannot pause a session that is ready"):
        one.pause()
    one.step()
    assert (one.state, one.epoch) == ("paused", 1)
    one.start()
    assert one.state == "running"
    with pytest.raises(InvalidTransition, match="cannot step"):
        one.step()
    one.pause()
    assert not one.advance()
    run(one)
    assert (one.state, one.epoch) == ("finished", 50)
    with pytest.raises(InvalidTransition, match="cannot start a session that is finished"):
        one.start()
    stopped = session()
    stopped.stop()
    assert stopped.state == "stopped"


def test_what_is_changed_while_it_runs_does_not_stop_it() -> None:
    one = session()
    for state, begin in (("ready", lambda: None), ("running", one.start), ("paused", one.pause)):
        begin()
        one.reconfigure(epochs=one.specification.epochs + 1)
        assert one.state == state
    finished = run(session())
    finished.reconfigure(stop_loss=0.5)
    assert finished.state == "finished"


def test_more_epochs_reopen_a_finished_session() -> None:
    one = run(session())
    one.reconfigure(epochs=80)
    assert one.state == "paused"
    run(one)
    whole = run(session(epochs=80))
    assert one.epoch == 80
    np.testing.assert_array_equal(one.losses(), whole.losses())
    np.testing.assert_array_equal(one.history.epochs, np.arange(81))


def test_how_the_epochs_are_cut_into_turns_changes_nothing() -> None:
    whole = run(session())
    pieces = session()
    for epochs in (1, 2, 7, 40):
        pieces.step(epochs)
    assert pieces.state == "finished"
    assert torch.equal(pieces.current_network().parameters, whole.current_network().parameters)
    np.testing.assert_array_equal(pieces.history.losses, whole.history.losses)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [None, 50])
def test_a_member_alone_is_the_member_in_the_batch_to_the_bit(dtype: str, batch_size: int | None) -> None:
    target = sine_target(128)
    many = fit(mlp(4, 6, members=9, seed=0, dtype=dtype), target, epochs=100, batch_size=batch_size)
    for member in (0, 4, 8):
        alone = fit(mlp(4, 6, members=1, seed=member, dtype=dtype), target, epochs=100, batch_size=batch_size)
        assert alone.network.seeds == (member,)
        assert torch.equal(alone.network.parameters[0], many.network.parameters[member])
        assert float(alone.loss[0]) == float(many.loss[member])


def test_a_member_alone_is_the_member_in_the_batch_by_batched_products() -> None:
    """To the stated tolerance: batched products may round differently with the shape of the batch."""

    def trained(members: int, seed: int) -> torch.Tensor:
        network = mlp(depth=4, width=6, members=members, seed=seed, dtype="float64")
        spec = FitSpecification.make(members=members, epochs=300, dtype="float64")
        return run(Session(network, sine_target(128), spec, loops="tensors")).current_network().parameters

    torch.testing.assert_close(trained(1, 5)[0], trained(9, 0)[5], rtol=1e-9, atol=1e-11)


def test_groups_and_chunks_are_invisible(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(session(members=5))
    monkeypatch.setattr("nnexpr.training.groups.GROUP_BYTES", 5_000)
    monkeypatch.setattr("nnexpr.training.group.FEWEST_POINTS", 10)
    small = session(members=5, loops="tensors")
    assert len(small._groups) == 5
    run(small)
    np.testing.assert_allclose(small.losses(), whole.losses(), rtol=1e-4)


def test_learning_rate_changes_without_a_restart() -> None:
    one = session()
    one.step(10)
    before = one.current_network().parameters.clone()
    one.reconfigure(lr=1e-12)
    assert one.learning_rate == 1e-12
    one.step(10)
    torch.testing.assert_close(one.current_network().parameters, before, rtol=0, atol=1e-9)
    with pytest.raises(InputError, match="only lr, schedule, epochs, stop_loss can change"):
        one.reconfigure(width=(3,))
    with pytest.raises(InputError, match="lr is -1"):
        one.reconfigure(lr=-1.0)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step:7:0.5"])
def test_a_rate_that_is_changed_on_the_way_is_of_the_run(schedule: str) -> None:
    """What the specification then says trains the same network again, to the bit, in one go."""
    one = session(schedule=schedule, epochs=40, lr=0.01)
    for epoch, rate in ((5, 0.02), (12, 0.004), (12, 0.05), (20, 0.05)):
        one.step(epoch - one.epoch)
        one.reconfigure(lr=rate)
    one.step(40)
    assert one.specification.lr == 0.01
    assert one.specification.schedule.endswith(":5=0.02,12=0.05")
    again = session(**{name: getattr(one.specification, name) for name in ("lr", "schedule", "epochs")})
    again.step(40)
    assert torch.equal(again.current_network().parameters, one.current_network().parameters)


def test_another_schedule_keeps_the_rate_and_before_the_first_epoch_nothing_is_written_down() -> None:
    one = session(lr=0.01)
    one.reconfigure(lr=0.5)
    assert (one.specification.lr, one.specification.schedule) == (0.5, "constant")
    one.step(3)
    one.reconfigure(lr=0.25)
    one.reconfigure(schedule="step:100:0.5")
    assert (one.specification.schedule, one.learning_rate) == ("step:100:0.5:3=0.25", 0.25)
    one.reconfigure(schedule="steps:3=0.125")
    assert one.learning_rate == 0.125


def test_stop_loss_ends_at_the_first_epoch_that_meets_it() -> None:
    free = run(session(epochs=120))
    trace = free.history.losses.max(axis=1)
    goal = float(trace[40])
    first = int(np.argmax(trace <= goal))
    one = run(session(epochs=120, stop_loss=goal * (1 + 1e-6)))
    assert (one.state, one.epoch) == ("finished", first)
    assert one.losses().max() <= goal * (1 + 1e-5)
    np.testing.assert_array_equal(one.history.losses, free.history.losses[: first + 1])


def test_best_loss_is_the_least_of_the_history() -> None:
    one = run(session(lr=0.3))
    losses = one.history.losses
    np.testing.assert_allclose(one.best_loss, losses.min(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(one.epoch_of_best, losses.argmin(axis=0))
    assert one.history.epochs[-1] == 50


def test_a_member_that_diverges_is_frozen_in_its_last_finite_state() -> None:
    network = mlp(depth=3, width=8, members=4, seed=0)
    network.parameters[2] *= 40  # large weights: the first steps throw it out
    options = FitSpecification.make(members=4, optimizer="sgd", lr=0.02, epochs=60)
    one = run(Session(network, sine_target(), options))
    assert list(one.diverged) == [2]
    epoch = one.diverged[2]
    assert 0 < epoch < 60
    assert np.isnan(one.losses()[2])
    assert np.isfinite(np.delete(one.losses(), 2)).all()
    frozen = one.current_network().member(2)
    assert torch.isfinite(frozen.parameters).all()
    # One epoch earlier it was still finite, and one more update makes it what the session says it became.
    again = Session(network, sine_target(), options)
    again.step(epoch - 1)
    assert not again.diverged
    torch.testing.assert_close(again.current_network().parameters[2], frozen.parameters[0], rtol=0, atol=0)
    again.step(2)
    assert again.diverged == {2: epoch}
    others = [0, 1, 3]
    alone = run(Session(network.select(others), sine_target(), options.replace(members=3)))
    np.testing.assert_allclose(one.losses()[others], alone.losses(), rtol=1e-3)


def test_epochs_that_were_taken_back_are_not_run_again_for_a_last_finite_state() -> None:
    whole = session(optimizer="sgd", lr=0.01, epochs=200)
    whole.step(60)
    goal = float(whole.history.losses[whole.history.epochs.tolist().index(32)].max())
    stopped, taken_back = (
        session(optimizer="sgd", lr=0.01, epochs=200, stop_loss=stop) for stop in (None, goal * (1 + 1e-6))
    )
    taken_back.step(60)
    assert taken_back.epoch == 32
    stopped.step(32)
    for one in (stopped, taken_back):
        one.reconfigure(stop_loss=None, lr=3e5)
        one.step(30)
        assert 32 < min(one.diverged.values()) < 62
    assert taken_back.diverged == stopped.diverged
    ours, theirs = (one.current_network().parameters for one in (taken_back, stopped))
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, theirs)


def test_a_session_fails_when_every_member_has_diverged() -> None:
    network = mlp(depth=3, width=8, members=2, seed=0)
    one = run(
        Session(network, sine_target(), FitSpecification.make(members=2, optimizer="sgd", lr=1e12, epochs=90))
    )
    assert one.state == "failed"
    assert set(one.diverged) == {0, 1}
    result = result_of(one)
    assert torch.isnan(result.loss).all()
    assert torch.isfinite(result.network.parameters).all()
    snapshot = one.snapshot()
    assert np.isnan(snapshot.prediction).all()
    assert snapshot.band is None


def test_losses_are_in_the_targets_own_units() -> None:
    unit = run(session()).losses()
    network = mlp(depth=3, width=8, members=3, seed=0)
    own = run(
        Session(network, sine_target(factor=10.0, shift=5.0), FitSpecification.make(members=3, epochs=50))
    )
    np.testing.assert_allclose(own.losses(), 100 * unit, rtol=1e-6)
    predictions = own.predictions(network.features(torch.as_tensor(own.target.inputs)))
    np.testing.assert_allclose(
        ((predictions - own.target.own_values) ** 2).mean(axis=1), own.losses(), rtol=1e-4
    )


def test_mini_batches_see_every_point_once_and_are_reproducible() -> None:
    one = run(session(batch_size=10))
    two = run(session(batch_size=10))
    assert torch.equal(one.current_network().parameters, two.current_network().parameters)
    assert one.losses().max() < session().losses().max()
    by_products = run(session(batch_size=10, loops="tensors"))
    np.testing.assert_allclose(by_products.losses(), one.losses(), rtol=1e-3)


def test_every_epoch_has_an_order_of_its_own() -> None:
    data = Data(torch.zeros(1, 64), torch.zeros(64), batch_size=10, order_seed=3)
    orders = data.orders(5, 3)
    assert torch.equal(orders.sort(dim=1).values, torch.arange(64).expand(3, 64))
    assert torch.equal(data.orders(6, 2), orders[1:])
    assert not torch.equal(orders[0], orders[1])


@pytest.mark.parametrize("points", [1, 2])
def test_the_smallest_data(points: int) -> None:
    result = fit(mlp(depth=2, width=4, members=2), sine_target(points), epochs=30, lr=1e-2)
    assert result.max_error.shape == (2,)
    assert np.isfinite(result.max_error).all()


def test_frozen_layers_stay() -> None:
    network = shallow(16, domain=(0.0, 1.0), members=2)
    result = fit(network, sine_target(), epochs=100, lr=1e-2)
    assert torch.equal(result.network.affine(0), network.affine(0))
    assert not torch.equal(result.network.affine(1), network.affine(1))
    assert result.loss.max() < fit(network, sine_target(), epochs=0).loss.max()


def test_snapshots_are_copies_and_end_at_the_end() -> None:
    shots = list(train(mlp(depth=3, width=8, members=2), sine_target(), snapshots=10, epochs=95, lr=1e-2))
    assert [shot.epoch for shot in shots] == [*range(0, 95, 9), 95]
    assert shots[0].prediction is not shots[1].prediction
    assert shots[0].loss > shots[-1].loss
    assert shots[0].band is not None
    assert (shots[0].band[0] <= shots[0].prediction).all()
    assert (shots[0].prediction <= shots[0].band[1]).all()


def test_the_network_given_is_not_changed() -> None:
    network = mlp(depth=3, width=8, members=2)
    before = network.parameters.clone()
    fit(network, sine_target(), epochs=5)
    assert torch.equal(network.parameters, before)


def test_a_snapshot_is_of_its_member_whatever_group_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnexpr.training.groups.GROUP_BYTES", 20_000)
    one = session(members=7, loops="tensors")
    assert 1 < len(one._groups) < 7
    one.step(3)
    for member in range(7):
        shot = one.snapshot(member)
        np.testing.assert_array_equal(shot.parameters, one.current_network().parameters[member])
        np.testing.assert_allclose(shot.prediction, one.predictions()[member], rtol=1e-6)
        assert shot.loss == one.losses()[member]
