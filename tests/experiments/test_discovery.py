"""Which experiments there are: names, lazy listing, and that each group is found without being listed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.discovery import deferred, every, find, groups
from nnexpr.specification import InputError


def test_listing_loads_no_torch() -> None:
    code = (
        "import sys; from nnexpr.experiments.discovery import find; "
        "assert find('all'); assert not {'torch', 'numba', 'scipy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_are_unique_and_groups_are_whole() -> None:
    assert set(groups()) == {"concepts", "dynamics", "manifold", "numerics"}
    names = [experiment.id for experiment in every()]
    assert len({*names, *groups(), "all"}) == len(names) + len(groups()) + 1
    assert find("all") == every() == tuple(one for group in groups() for one in find(group))
    for experiment in every():
        assert find(experiment.id) == find(experiment.name) == (experiment,)
        assert experiment in groups()[experiment.group]
        assert experiment.title
        assert experiment.question.endswith("?")
        assert experiment.full
        assert experiment.quick


def test_an_unknown_name_is_refused_with_what_there_is() -> None:
    with pytest.raises(InputError) as refused:
        find("manifolds")
    assert "manifold-tables" in str(refused.value)
    assert "all, " in str(refused.value)


def test_a_deferred_run_imports_when_it_is_run() -> None:
    run = deferred("nnexpr.no_such_module:run")
    with pytest.raises(ModuleNotFoundError):
        run(Attempt())
