"""To add a thing is to write one declaration: a made-up one of each, and everything that should follow from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from textual.message import Message
from torch import Tensor

import nnexpr
import nnexpr.experiments
from nnexpr import activations, placements
from nnexpr.experiments.discovery import every
from nnexpr.experiments.findings import kept_finding
from nnexpr.kernels.compiled import compiled
from nnexpr.kinds import NETWORKS, NetworkKind, dense_layers, shallow_layers
from nnexpr.linear import basis
from nnexpr.linear.bases.base import FixedBasis
from nnexpr.linear.plane import PlaneBasis
from nnexpr.linear.quadrature import gauss_gram
from nnexpr.networks.network import Network
from nnexpr.optimizers import OPTIMIZERS, Optimizer, declare
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.targets.catalogue import CATALOGUE, CatalogueEntry
from nnexpr.theory.homogeneous import homogenised
from nnexpr.training.devices import estimate_bytes
from nnexpr.training.fit import assemble, session
from nnexpr_tui.adjust import shown_options, stepped
from nnexpr_tui.commands.cli import cli
from nnexpr_tui.experiments.child import command
from nnexpr_tui.experiments.panes import Entry, list_lines
from nnexpr_tui.experiments.runs import ExperimentEnded, ExperimentRuns
from nnexpr_tui.manifold.engine import targets as manifold_targets
from nnexpr_tui.training.engine import library

# --- an optimiser


class Signs:
    """p -= lr sign(g)."""

    def __init__(
        self, parameters: Tensor, gradient: Tensor, spec: FitSpecification, scales: Tensor | None = None
    ) -> None:
        self._parameters, self._gradient = parameters, gradient
        self._scales = torch.ones_like(parameters) if scales is None else scales
        self.learning_rate = torch.zeros((), dtype=parameters.dtype, device=parameters.device)
        self.state: list[Tensor] = []

    def step(self) -> None:
        self._parameters.sub_(self.learning_rate * self._scales * torch.sign(self._gradient))


@compiled
def signs_compiled(parameters, p0, gradient, g0, moments, count, rate, number, momentum):
    for i in range(count):
        parameters[p0 + i] -= rate * np.sign(gradient[g0 + i])


SIGNS = Optimizer(name="signs", options=("lr", "schedule"), step=f"{__name__}:Signs")


@pytest.fixture
def signs() -> Iterator[None]:
    declare(SIGNS)
    yield
    del OPTIMIZERS["signs"]


@pytest.mark.usefixtures("signs")
def test_an_optimiser_is_offered_and_shows_what_means_something_for_it() -> None:
    assert OPTIONS["optimizer"].choices[-1] == "signs"
    done = CliRunner().invoke(cli, ["fit", "--help"])
    assert "|signs" in "".join(done.stdout.split())
    before = FitSpecification.make(optimizer=OPTIONS["optimizer"].choices[-2])
    chosen = stepped(before, "optimizer", 1)
    assert chosen.optimizer == "signs"
    shown = shown_options(chosen, "training")
    assert {"lr", "schedule", "epochs"} < set(shown)
    assert not {"momentum", "batch_size"}.intersection(shown)
    assert stepped(FitSpecification.make(batch_size=9), "optimizer", -1).batch_size is None
    with pytest.raises(ValueError, match="signs has been declared"):
        declare(SIGNS)


@pytest.mark.usefixtures("signs")
def test_an_optimiser_trains_by_its_step_and_its_runs_are_read_back(tmp_path: Path) -> None:
    network, goal = nnexpr.mlp(2, 6, members=2, dtype="float64"), nnexpr.target("cube", points=30)
    result = nnexpr.fit(network, goal, optimizer="signs", lr=[1e-3, 2e-3], epochs=40)
    x, y = torch.as_tensor(goal.inputs), torch.as_tensor(goal.values)[:, None]
    for member, rate in enumerate((1e-3, 2e-3)):
        module = nnexpr.to_torch(network, member=member)
        for _ in range(40):
            module.zero_grad()
            (module(x) - y).square().mean().backward()
            for parameter in module.parameters():
                parameter.data -= rate * torch.sign(parameter.grad)
        ours = result.network(x)[member]
        torch.testing.assert_close(ours, module(x).detach(), rtol=0, atol=1e-9)
    spec = FitSpecification.make(optimizer="signs", members=2, points=30, target="cube")
    built, target = assemble(spec)
    store = nnexpr.store(tmp_path)
    found = store.find(store.keep(built, spec, target, epoch=0, losses=[1.0, 1.0]))
    assert found is not None
    assert found.read().specification == spec
    assert estimate_bytes(spec.replace(optimizer="adam")) > estimate_bytes(spec)


@pytest.mark.usefixtures("signs")
def test_an_optimiser_is_refused_what_it_cannot_do() -> None:
    with pytest.raises(InputError, match="signs takes all points at once; leave it out"):
        FitSpecification.make(optimizer="signs", batch_size=10)
    with pytest.raises(InputError, match="it must be adam in stages 1 and 2"):
        FitSpecification.make(optimizer="signs", network="compositional", stages=(1, 3))
    with pytest.raises(InputError, match="signs: it has no compiled step"):
        session(nnexpr.mlp(), nnexpr.target("cube"), optimizer="signs", loops="compiled")


def test_an_optimiser_with_a_compiled_step_is_declared_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the loops that will call it have been compiled: here, for Adam."""
    network, goal = nnexpr.mlp(2, 6, members=2, dtype="float64"), nnexpr.target("cube", points=30)
    nnexpr.fit(network, goal, epochs=1, loops="compiled")
    monkeypatch.setitem(OPTIMIZERS, "signs", replace(SIGNS, compiled=f"{__name__}:signs_compiled"))
    how = {"optimizer": "signs", "lr": [1e-3, 2e-3], "epochs": 40}
    ours, theirs = (nnexpr.fit(network, goal, loops=loops, **how) for loops in ("compiled", "tensors"))
    torch.testing.assert_close(ours.network.parameters, theirs.network.parameters, rtol=0, atol=1e-12)
    assert torch.equal(nnexpr.fit(network, goal, **how).network.parameters, ours.network.parameters)


# --- an activation


class Bend(torch.nn.Module):
    """z / 2 below 0, 2 z above."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.where(z > 0, 2 * z, z / 2)


BENT_COMPILED = (lambda z: 2 * z if z > 0 else z / 2), (lambda g, a: 2 * g if a > 0 else g / 2)
BENT = activations.Activation(
    name="bent",
    module=f"{__name__}:Bend",
    pieces=activations.PiecewiseLinear((0.0,), (0.5, 2.0), (0.0, 0.0)),
    tensors=lambda torch, _: (
        lambda z, out: torch.maximum(0.5 * z, 2.0 * z, out=out),
        lambda g, a: g.mul_(torch.where(a > 0, 2.0, 0.5)),
    ),
)


@pytest.fixture
def bent() -> Iterator[None]:
    activations.declare(BENT)
    yield
    del activations.ACTIVATIONS["bent"]


@pytest.mark.usefixtures("bent")
def test_an_activation_is_offered() -> None:
    assert "|bent" in "".join(CliRunner().invoke(cli, ["fit", "--help"]).stdout.split())
    before = FitSpecification.make(activation=OPTIONS["activation"].choices[-2])
    assert stepped(before, "activation", 1).activation == "bent"
    with pytest.raises(ValueError, match="bent has been declared"):
        activations.declare(BENT)


@pytest.mark.usefixtures("bent")
def test_an_activation_trains_and_its_runs_are_read_back(tmp_path: Path) -> None:
    how = {"optimizer": "sgd", "lr": 0.01, "momentum": 0.0, "schedule": "constant", "epochs": 25}
    spec = FitSpecification.make(
        activation="bent", width=5, members=2, points=30, target="cube", dtype="float64", **how
    )
    network, goal = assemble(spec)
    result = nnexpr.fit(network, goal, **how)
    x, y = torch.as_tensor(goal.inputs), torch.as_tensor(goal.values)[:, None]
    for member in range(2):
        module = nnexpr.to_torch(network, member=member)
        for _ in range(25):
            module.zero_grad()
            (module(x) - y).square().mean().backward()
            for parameter in module.parameters():
                parameter.data -= 0.01 * parameter.grad
        torch.testing.assert_close(result.network(x)[member], module(x).detach(), rtol=0, atol=1e-9)
        again = nnexpr.from_torch(nnexpr.to_torch(result.network, member=member))
        assert again.layers == network.layers
        assert torch.equal(again.parameters[0], result.network.parameters[member])
    store = nnexpr.store(tmp_path)
    found = store.find(store.keep(result.network, spec, goal, epoch=25, losses=[1.0, 1.0]))
    assert found is not None
    assert found.read().specification == spec
    assert found.read().network.layers == network.layers
    with pytest.raises(InputError, match="bent: it has no compiled step"):
        session(network, goal, loops="compiled")


def test_an_activation_with_compiled_code_is_declared_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the loops that will call it have been compiled: here, for ReLU."""
    goal = nnexpr.target("cube", points=30)
    nnexpr.fit(nnexpr.mlp(3, 6, dtype="float64"), goal, epochs=1, loops="compiled")
    monkeypatch.setitem(activations.ACTIVATIONS, "bent", replace(BENT, compiled=f"{__name__}:BENT_COMPILED"))
    network = nnexpr.mlp(3, 6, activation="bent", members=2, dtype="float64")
    ours, theirs = (nnexpr.fit(network, goal, epochs=40, loops=loops) for loops in ("compiled", "tensors"))
    torch.testing.assert_close(ours.network.parameters, theirs.network.parameters, rtol=0, atol=1e-12)
    assert torch.equal(nnexpr.fit(network, goal, epochs=40).network.parameters, ours.network.parameters)


MINE = """
import numpy as np
from nnexpr.kernels.compiled import compiled

SCALED = (lambda z: FACTOR * z), (lambda g, a: FACTOR * g)


@compiled
def step(parameters, p0, gradient, g0, moments, count, rate, number, momentum):
    for i in range(count):
        parameters[p0 + i] -= FACTOR * rate * gradient[g0 + i]
"""
USE = """
import numpy as np
import mine
from nnexpr.kernels.units import loops

activate, _ = loops("mine:SCALED")
z = np.ones(3)
activate(z, 0, 0, 1)
mine.step(z, 1, np.ones(3), 0, np.zeros((0, 3)), 1, 0.5, 1, 0.0)
print(z.tolist(), *(sum(used.stats.cache_hits.values()) for used in (activate, mine.step)))
"""


def test_compiled_code_of_ones_own_is_kept_on_disk_until_its_source_changes(tmp_path: Path) -> None:
    def used(factor: int) -> str:
        (tmp_path / "mine.py").write_text(MINE.replace("FACTOR", str(factor)))
        places = os.pathsep.join([str(tmp_path), str(Path(nnexpr.__file__).parent.parent)])
        given = {**os.environ, "PYTHONPATH": places, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
        done = subprocess.run(
            [sys.executable, "-c", USE], capture_output=True, text=True, check=True, env=given
        )
        return done.stdout.strip()

    assert [used(factor) for factor in (2, 2, 3)] == [
        "[2.0, 0.0, 1.0] 0 0", "[2.0, 0.0, 1.0] 1 1", "[3.0, -0.5, 1.0] 0 0",
    ]  # fmt: skip


@pytest.mark.usefixtures("bent")
def test_an_activation_is_counted_exactly() -> None:
    """1.5 |z| = bent(z) + bent(-z), so each layer of two folds its interval, of half length 0.75^k, at the middle."""
    folds = 8
    parameters = [2.0, -1.0, -2.0, 1.0]
    for k in range(1, folds):
        parameters += [1.0, 1.0, -(0.75**k), -1.0, -1.0, 0.75**k]
    layers = dense_layers((1, *[2] * folds, 1), "bent")
    network = Network(layers, torch.tensor([[*parameters, 1.0, 1.0, 0.0]], dtype=torch.float64))
    [regions] = nnexpr.linear_regions(network)
    assert regions.count == nnexpr.rational_count(network).linear_regions == 2**folds
    assert homogenised(network).inputs == 2
    with pytest.raises(ValueError, match="identity or bent layers"):
        nnexpr.linear_regions(nnexpr.mlp(activation="tanh"))


# --- a kind of network, and a target


def comb(knots, members=1, seed=0, dtype="float32", device="cpu"):
    """Evenly spaced knots with the weights 1, -2, 2, ...; its constant is the member's seed."""
    places = np.linspace(0, 1, knots + 1)[:-1]
    heights = [1.0, *[-2.0, 2.0] * knots][:knots]
    rows = [[*np.stack([np.ones(knots), -places], 1).ravel(), *heights, seed + i] for i in range(members)]
    return Network(shallow_layers(knots), torch.tensor(rows, dtype=getattr(torch, dtype), device=device))


def doubled(inputs):
    return 2 * inputs[:, 0]


@pytest.fixture
def combed() -> Iterator[None]:
    NETWORKS.declare(NetworkKind("comb", shallow_layers, f"{__name__}:comb", ("knots",), {"knots": 6}))
    CATALOGUE.declare(CatalogueEntry("doubled", "2*x", (0.0, 4.0), 1, "made up", lambda *_: doubled))
    yield
    del NETWORKS["comb"], CATALOGUE["doubled"]


@pytest.mark.usefixtures("combed")
def test_a_network_and_a_target_are_offered(tmp_path: Path) -> None:
    helped = " ".join(CliRunner().invoke(cli, ["fit", "--help"]).stdout.split())
    assert "|comb" in helped.replace(" ", "")
    assert "(shallow, comb)" in helped
    assert "comb 6]" in helped
    assert "doubled" in CliRunner().invoke(cli, ["fit", "--list-targets"]).stdout
    chosen = stepped(FitSpecification.make(), "network", -1)
    assert (chosen.network, chosen.knots) == ("comb", 6)
    assert {"knots"} < set(shown_options(chosen, "network")).difference({"width", "depth", "biases"})
    asked = ["fit", "--network", "comb", "--target", "doubled", "--epochs", "3", "--seed", "2", "--json"]
    document = json.loads(CliRunner().invoke(cli, [*asked, "--store", str(tmp_path)]).stdout)
    assert (document["parameters"], document["trained_parameters"]) == (19, 7)
    # On [0, 4] the teeth stand in [0, 5/6].
    assert document["members"][0]["linear_regions"] == 6
    found = nnexpr.store(tmp_path).find(document["run"])
    assert found is not None
    assert found.read().specification.network == "comb"


# --- an experiment

EXPERIMENT = """
from nnexpr.experiments.data import Result, Table
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.judging import judged


def halves(attempt):
    half = attempt.kept("half", lambda: 0.5)
    attempt.report(0.5, "the second half")
    claim = judged("H1", "Two halves are one", 1.0, half + half, "exact", half + half == 1.0, fails_if="not")
    return Result([Table("Halves", ("half",), [[half]])], claims=[claim])


EXPERIMENTS = (Experiment("two-halves", "made_up", "A made-up source", "Halves", "Are two halves one?", halves),)
"""


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a group of one experiment, beside the package's own."""
    folder = tmp_path / "groups"
    (folder / "made_up").mkdir(parents=True)
    (folder / "made_up" / "__init__.py").write_text(EXPERIMENT)
    monkeypatch.setattr(nnexpr.experiments, "__path__", [*nnexpr.experiments.__path__, str(folder)])
    yield folder
    sys.modules.pop("nnexpr.experiments.made_up", None)
    vars(nnexpr.experiments).pop("made_up", None)


def test_an_experiment_on_the_command_line(groups: Path, tmp_path: Path) -> None:
    def reproduce(*words: str) -> str:
        done = CliRunner().invoke(cli, ["reproduce", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    listed = json.loads(reproduce("--list", "--json"))["experiments"]
    assert [one["group"] for one in listed if one["id"] == "two-halves"] == ["made_up"]
    [one] = json.loads(reproduce("made_up", "--json", "--store", str(tmp_path)))["experiments"]
    assert [(claim["id"], claim["verdict"]) for claim in one["claims"]] == [("H1", "holds")]
    kept = kept_finding(tmp_path / "experiments", "two-halves", quick=False)
    assert kept is not None
    assert kept.result.tables[0].rows == ((0.5,),)


def test_an_experiment_in_the_explorer(groups: Path, tmp_path: Path) -> None:
    """It is in the list, a process of its own does it, and its verdict is shown, also at the next start."""

    def in_the_same_place(*words: str, **more: object) -> list[str]:
        python, isolated, c, start, *rest = command(*words, **more)  # type: ignore[arg-type]
        place = f"import nnexpr.experiments; nnexpr.experiments.__path__.append({str(groups)!r})"
        first, _, second = start.partition("; from ")
        return [python, isolated, c, f"{first}; {place}; from {second}", *rest]

    messages: list[Message] = []
    runs = ExperimentRuns(messages.append, lambda: tmp_path, command=in_the_same_place)
    runs.ask("two-halves", quick=True)
    deadline = monotonic() + 200
    while not any(isinstance(message, ExperimentEnded) for message in messages):
        assert monotonic() < deadline
        sleep(0.01)
    assert not runs.failures
    later = ExperimentRuns(messages.append, lambda: tmp_path)
    later.load([one.id for one in every()])
    while later.shown("two-halves") is None:
        assert monotonic() < deadline
        sleep(0.01)
    for known in (runs, later):
        lines, _ = list_lines([Entry(one, known.shown(one.id)) for one in every()], 0, 60, ascii_only=True)
        (line,) = [line for line in lines if any("two-halves" in text for text, _ in line)]
        assert any("1 holds, quick" in text for text, _ in line)


# --- a target, by itself


def rungs(inputs):
    """Of a ladder: halves up to x."""
    return np.floor(2 * inputs[:, 0]) / 2


LADDER = CatalogueEntry(
    "ladder", "floor(2*terms*x)/2", (-1.0, 3.0), 1, "a made-up source",
    lambda terms, _: lambda inputs: rungs(terms * inputs), lambda terms: 8 * terms,
)  # fmt: skip


@pytest.fixture
def ladder() -> Iterator[None]:
    CATALOGUE.declare(LADDER)
    yield
    del CATALOGUE["ladder"]


@pytest.mark.usefixtures("ladder")
def test_a_target_is_offered() -> None:
    listed = json.loads(CliRunner().invoke(cli, ["fit", "--list-targets", "--json"]).stdout)
    (entry,) = [one for one in listed if one["name"] == "ladder"]
    assert (entry["formula"], entry["source"]) == (LADDER.formula, LADDER.source)
    for name in ("fit", "lstsq"):
        asked = CliRunner().invoke(cli, [name, "--target", "lader"])
        assert asked.exit_code == 2
        assert "did you mean ladder?" in asked.stderr
    assert "ladder" in library().targets
    assert "ladder" not in library().plane_targets
    assert "ladder" in manifold_targets()
    with pytest.raises(ValueError, match="ladder has been declared"):
        CATALOGUE.declare(LADDER)


@pytest.mark.usefixtures("ladder")
def test_a_target_is_trained_on_counted_on_and_read_back(tmp_path: Path) -> None:
    """On its own domain, with its own terms and its note that so many points are too few to see them."""
    place = ["--save", str(tmp_path / "it.safetensors"), "--store", str(tmp_path)]
    asked = "fit --target ladder --terms 2 --points 9 --epochs 30 --width 4 --depth 2 --json"
    done = CliRunner().invoke(cli, [*asked.split(), *place])
    assert done.exit_code == 0, done.output
    assert "16 points" in done.stderr
    found = json.loads(done.stdout)
    (run,) = nnexpr.store(tmp_path).runs()
    read = run.read()
    assert (
        read.specification.as_config()
        == found["config"]
        == found["config"] | {"target": "ladder", "terms": 2}
    )
    goal = nnexpr.target("ladder", terms=2, points=9)
    x = np.linspace(-1, 3, 9)
    np.testing.assert_array_equal(goal.own_inputs[:, 0], x)
    np.testing.assert_array_equal(goal.own_values, np.floor(4 * x) / 2)
    error = (
        read.network(torch.as_tensor(goal.inputs, dtype=torch.float32))[0, :, 0].double().numpy()
        - goal.values
    )
    assert found["members"][0]["loss"] == pytest.approx(np.mean(error**2), rel=1e-5)
    (counted,) = json.loads(CliRunner().invoke(cli, ["regions", found["run"], *place[2:], "--json"]).stdout)[
        "members"
    ]
    assert counted["linear_regions"] == found["members"][0]["linear_regions"]


# --- a basis, and a placement of knots


class Chebyshev(FixedBasis):
    """T_k over the domain: as many as there are knots."""

    def units(self, x):
        angle = np.arccos(np.clip(2 * self.places(x) - 1, -1, 1))
        return np.cos(np.arange(1, len(self.knots)) * angle[:, None]).astype(self.knots.dtype)


def squared(n, domain):
    """Denser to the left."""
    return domain[0] + (domain[1] - domain[0]) * np.linspace(0, 1, n) ** 2


@pytest.fixture
def chebyshev() -> Iterator[None]:
    basis.declare(basis.Basis(name="chebyshev", functions="T_k(x)", home=f"{__name__}:Chebyshev"))
    placements.declare(placements.Placement("squared", f"{__name__}:squared", ("domain",)))
    yield
    del basis.BASES["chebyshev"], placements.PLACEMENTS["squared"]


@pytest.mark.usefixtures("chebyshev")
def test_a_basis_is_offered_and_solved_in() -> None:
    for name in ("lstsq", "spectrum"):
        assert "|chebyshev" in "".join(CliRunner().invoke(cli, [name, "--help"]).stdout.split())
    asked = "lstsq --target cube --domain -1 1 --knots 5 --samples 60 --basis chebyshev --json"
    x = np.linspace(-1, 1, 60)
    matrix = np.polynomial.chebyshev.chebvander(x, 4)
    error = matrix @ np.linalg.lstsq(matrix, x**3)[0] - x**3
    for solver in ("qr", "svd", "gram"):
        found = json.loads(CliRunner().invoke(cli, [*asked.split(), "--solver", solver]).stdout)
        assert found["mse"] == pytest.approx(np.mean(error**2), rel=1e-9)
        assert found["condition"] == pytest.approx(np.linalg.cond(matrix), rel=1e-6)
        assert found["rank"] == 5
    fit = nnexpr.least_squares(x, x**3, np.linspace(-1, 1, 5), basis="chebyshev", solver="qr")
    np.testing.assert_allclose(fit.predict([[-0.3, 0.8]]), [[-0.027, 0.512]], atol=1e-14)
    found = nnexpr.spectrum("chebyshev", knots=5)
    nodes, weights = np.polynomial.legendre.leggauss(9)
    columns = np.polynomial.chebyshev.chebvander(nodes, 4)[:, 1:]
    gram = columns.T @ (weights[:, None] * columns)
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(gram)[::-1] * 2 / 4, rtol=1e-10)
    assert found.gram_error < 1e-10
    with pytest.raises(InputError, match="linear splines only"):
        nnexpr.least_squares(x, x, [-1, 1], basis="chebyshev")
    with pytest.raises(ValueError, match="not a network's"):
        fit.to_network()


class Bumps(PlaneBasis):
    """(1 + |x − c|²)⁻¹ around centres c ``(n, 2)``."""

    @classmethod
    def checked(cls, knots, dtype):
        return np.asarray(knots, dtype=dtype)

    @classmethod
    def spread(cls, n, domain, generator, *, ends):
        assert generator is None
        assert ends
        return np.stack([np.linspace(*side, n) for side in domain], axis=1)

    def units(self, x):
        return 1 / (1 + ((x[:, None] - self.knots) ** 2).sum(axis=2))

    def gram(self):
        sides = np.linspace(self.low, self.high, 9, axis=1)
        return gauss_gram(self.units, *sides)


@pytest.fixture
def bumps() -> Iterator[None]:
    here = f"{__name__}:"
    basis.declare(basis.Basis(name="bumps", functions="bumps", home=here + "Chebyshev", plane=here + "Bumps"))
    yield
    del basis.BASES["bumps"]


@pytest.mark.usefixtures("bumps")
def test_a_basis_in_the_plane_is_solved_in() -> None:
    asked = "lstsq --target waves2d --knots 5 --samples 400 --basis bumps --json"
    found = json.loads(CliRunner().invoke(cli, asked.split()).stdout)
    target = nnexpr.target("waves2d", points=400)
    centres = np.linspace([-1, -1], [1, 1], 5)
    bumps = 1 / (1 + ((target.inputs[:, None] - centres) ** 2).sum(axis=2))
    matrix = np.column_stack([np.ones(400), bumps])
    error = matrix @ np.linalg.lstsq(matrix, target.values)[0] - target.values
    assert found["mse"] == pytest.approx(np.mean(error**2), rel=1e-9)
    assert found["condition"] == pytest.approx(np.linalg.cond(matrix), rel=1e-6)
    spectrum = nnexpr.spectrum("bumps", knots=centres, dimension=2)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    x = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    units = 1 / (1 + ((x[:, None] - centres) ** 2).sum(axis=2))
    gram = units.T @ (np.outer(weights, weights).reshape(-1, 1) * units)
    np.testing.assert_allclose(spectrum.eigenvalues, np.linalg.eigvalsh(gram)[::-1] * 4 / 5, rtol=1e-8)
    assert spectrum.gram_error < 1e-6


@pytest.mark.usefixtures("chebyshev")
def test_a_placement_is_offered_to_fits_and_least_squares() -> None:
    for name in ("lstsq", "fit"):
        assert "|squared" in "".join(CliRunner().invoke(cli, [name, "--help"]).stdout.split())
    asked = "lstsq --target cube --domain -1 1 --knots 6 --samples 90 --biases squared --json"
    x, knots = np.linspace(-1, 1, 90), squared(6, (-1, 1))
    hats = np.stack([np.interp(x, knots, unit) for unit in np.eye(6)], axis=1)
    error = hats @ np.linalg.lstsq(hats, x**3)[0] - x**3
    assert json.loads(CliRunner().invoke(cli, asked.split()).stdout)["mse"] == pytest.approx(
        np.mean(error**2), rel=1e-9
    )
    network = nnexpr.shallow(6, biases="squared", domain=(-1.0, 1.0), members=2, dtype="float64")
    np.testing.assert_array_equal(network.parameters[:, 1:12:2], np.tile(-knots, (2, 1)))
