"""``sweep --scheduler``: the jobs on the workers of a Dask scheduler in place of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr.extras import require
from nnexpr.specification import InputError
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import Decorator, SectionedOption, attached, own_option
from nnexpr_tui.commands.output import say

if TYPE_CHECKING:
    from nnexpr.runs.cluster.carrying import Listener, Results
    from nnexpr.runs.sweeps.halving import Scores
    from nnexpr.runs.sweeps.local import Progress
    from nnexpr.runs.sweeps.plan import Job
    from nnexpr.runs.sweeps.sweep import Sweep

__all__ = ["Elsewhere", "cluster_options"]

_TEXTS = {
    "--scheduler": (
        "ADDRESS",
        "have the jobs done by a Dask scheduler's workers: tcp://HOST:PORT, tls://HOST:PORT",
    ),
    "--tls-ca": ("FILE", "whose certificates are believed; with the next two the line is TLS"),
    "--tls-cert": ("FILE", "your certificate"),
    "--tls-key": ("FILE", "its key, unless it stands in the same file"),
}
_PATIENCE = (
    "seconds after which a job is given to another worker too; ten times what such jobs took, unless given"
)


def cluster_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options of where a sweep is done."""
    texts = [
        SectionedOption([flag], section="Cluster", metavar=metavar, help=text)
        for flag, (metavar, text) in _TEXTS.items()
    ]
    patience: Decorator = own_option(
        "patience", "number", None, _PATIENCE, "Cluster", minimum=0, exclusive=True
    )
    made: Callable[..., int] = attached(*texts)(patience(function))
    return made


@dataclass(frozen=True)
class Elsewhere:
    """Where, by which certificates, and how long a job may be away."""

    address: str
    tls: tuple[str | None, str | None, str | None]  # authority, certificate, key
    patience: float | None

    def require(self) -> None:
        """Raise InputError where this cannot be, and MissingExtra without Dask."""
        require("distributed", "cluster", "--scheduler needs")
        from nnexpr.runs.cluster.connection import checked_address

        checked_address(self.address)
        authority, certificate, _ = self.tls
        for option, path in zip(("tls_ca", "tls_cert", "tls_key"), self.tls, strict=True):
            if path is not None and not Path(path).is_file():
                raise InputError(option, path, "there is no such file")
        if (authority is None) != (certificate is None) or (any(self.tls) and certificate is None):
            raise InputError("tls_cert", certificate or "missing", "--tls-ca and --tls-cert go together")
        if any(self.tls) and not self.address.startswith("tls:"):
            raise InputError("scheduler", self.address, "with certificates it must be tls://HOST:PORT")

    def warn(self) -> None:
        """Say what whoever else reaches the scheduler can do."""
        from nnexpr.runs.cluster.connection import is_exposed

        if is_exposed(self.address):
            say(
                f"{self.address} is no TLS: whoever reaches it can have its workers do anything. See the guide."
            )

    def carried_out(self, sweep: Sweep, jobs: Sequence[Job], listener: Listener) -> Progress:
        """The jobs done there; raises FailedRunError where the scheduler does not answer, or no longer."""
        from nnexpr.runs.cluster.worker import train

        return self._carried_out(sweep, sweep, jobs, listener, train)

    def scores(self, sweep: Sweep, listener: Listener) -> Scores:
        """How rungs of halving are judged there; raises as the above."""
        from nnexpr.runs.cluster.rungs import Rung

        def judged(jobs: Sequence[Job], share: float) -> Mapping[int, float] | None:
            rung = Rung(sweep.halving, share)
            reached = self._carried_out(sweep, rung, jobs, listener, rung.function)
            return None if reached.stopped else rung.scores

        return judged

    def _carried_out(
        self, sweep: Sweep, results: Results, jobs: Sequence[Job], listener: Listener,
        function: Callable[[str], bytes],
    ) -> Progress:  # fmt: skip
        from nnexpr.runs.cluster.connection import Certificates
        from nnexpr.runs.cluster.run import run_on
        from nnexpr.runs.cluster.scheduler import SchedulerLost

        authority, certificate, key = self.tls
        known = Certificates(authority, certificate, key) if authority and certificate else None
        try:
            return run_on(
                results, jobs, self.address, listener, certificates=known, patience=self.patience,
                function=function,
            )  # fmt: skip
        except SchedulerLost as error:
            sweep.conclude("stopped")
            raise FailedRunError(f"{error}; what has come is kept, and the same command goes on") from None
