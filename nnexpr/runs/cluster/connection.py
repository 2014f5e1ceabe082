"""The line to a Dask scheduler: its address, who may listen, and whether one answers."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address

from distributed import Client, Security
from distributed.versions import VersionMismatchWarning

from nnexpr.runs.cluster import worker
from nnexpr.runs.cluster.scheduler import Scheduler, SchedulerLost
from nnexpr.specification import InputError

__all__ = ["Certificates", "checked_address", "connected", "is_exposed"]

CHATTY = (
    "distributed",
    "distributed.client",
    "distributed.core",
    "distributed.comm",
    "tornado.application",
    "asyncio",
)


@dataclass(frozen=True)
class Certificates:
    """Of TLS, each the path of a PEM file: whom to believe, and who we are."""

    authority: str
    certificate: str
    key: str | None = None  # None where it stands in the certificate's file

    def security(self) -> Security:
        """As Dask takes them; nothing is sent in the clear."""
        return Security(
            require_encryption=True,
            tls_ca_file=self.authority,
            tls_client_cert=self.certificate,
            tls_client_key=self.key,
        )


def checked_address(address: str) -> str:
    """The address, if it is one of a scheduler; raises InputError."""
    if not re.fullmatch(r"(tcp|tls)://([\w.-]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}", address):
        raise InputError("scheduler", address, "it must be tcp://HOST:PORT or tls://HOST:PORT")
    return address


def is_exposed(address: str) -> bool:
    """Whether what is sent there crosses a network in the clear."""
    host = address.partition("://")[2].rpartition(":")[0].strip("[]")
    with suppress(ValueError):
        return address.startswith("tcp:") and not ip_address(host).is_loopback
    return address.startswith("tcp:") and host != "localhost"


@asynccontextmanager
async def connected(
    address: str,
    certificates: Certificates | None,
    files: Mapping[str, str],
    function: Callable[[str], bytes] = worker.train,
) -> AsyncIterator[Scheduler]:
    """The scheduler at an address while inside; raises SchedulerLost where none answers."""
    security = None if certificates is None else certificates.security()
    with _quiet():
        client = Client(
            address, security=security, asynchronous=True, set_as_default=False, direct_to_workers=False
        )
        try:
            await _begin(client, address)
            yield Scheduler(client, files, function)
        finally:
            with suppress(OSError):
                await client.close()


async def _begin(client: Client, address: str) -> None:
    try:
        await client
    except Exception as error:  # what listens there may be anything, and answer anything
        why = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise SchedulerLost(f"no scheduler answers at {address} ({why})") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """While inside, Dask logs nothing: what matters is said by who calls."""
    loggers = [logging.getLogger(name) for name in CHATTY]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
