"""``serve``: the explorer in a browser, one of its own for each open page."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from contextlib import redirect_stdout, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from nnexpr.extras import require
from nnexpr.specification import FitSpecification
from nnexpr_tui.commands.explore import explorer_options, require_beginning
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import (
    SectionedCommand,
    SectionedOption,
    attached,
    given,
    given_words,
    json_option,
    own_option,
)
from nnexpr_tui.commands.output import print_json, say
from nnexpr_tui.commands.preset import list_presets as print_presets

if TYPE_CHECKING:
    from nnexpr_tui.served.server import ExplorerServer

__all__ = ["serve"]

_OWN = {"host", "port", "key", "as_json"}  # the other options are the explorer's
_EXAMPLES = {
    "": "then open the address that is printed; ctrl+C ends it",
    "--port 9000 --start --target csv:examples/data/sunspots.csv": "each page begins a training on these data",
    "--preset low-first": "each page begins with this question",
    "--key": "on a machine with other people: only who has the printed address gets in",
    "--host 0.0.0.0": "for other machines of a network that is trusted, with a key",
}


@click.command(
    cls=SectionedCommand, examples=_EXAMPLES, failed="it cannot listen there, or the extra is missing"
)
@own_option("host", "text", "127.0.0.1", "the address to listen on", "Server")
@own_option("port", "integer", 8000, "the port; 0: one that is free", "Server", minimum=0, maximum=65535)
@attached(
    SectionedOption(
        ["--key/--no-key"], section="Server", default=None,
        help="whether the address needs a key, which is drawn anew; unless given, where other machines can reach it",
    )
)  # fmt: skip
@json_option
@explorer_options()
@click.pass_context
def serve(
    ctx: click.Context,
    /,
    host: str | None,
    port: int | None,
    key: bool | None,
    as_json: bool,
    config: str | None,
    list_presets: bool,
    **_: Any,
) -> int:
    """Serve the explorer to browsers.

    Each open page is an explorer of its own, with the options given here, all on the same store; any option of the
    explorer and of fit may be given. When a page is closed its explorer ends and its run is kept. It listens on this
    machine alone; from another, reach it through a tunnel: ssh -L 8000:127.0.0.1:8000 MACHINE, and open
    http://127.0.0.1:8000 there. Nothing is loaded from the internet. Needs the extra [web].
    """
    if list_presets:
        print_presets(as_json=as_json)
        return 0
    options = given(ctx)
    require_beginning(options, config)
    FitSpecification.make(**options)  # raises for what is wrong
    require("textual_serve", "web", "serve needs")
    from nnexpr_tui.served.server import ExplorerServer, is_loopback

    words = given_words(ctx, {str(parameter.name) for parameter in ctx.command.params} - _OWN)
    host = host or "127.0.0.1"
    is_locked = not is_loopback(host) if key is None else key
    server = ExplorerServer(
        [sys.executable, "-m", "nnexpr_tui", *words],
        host,
        8000 if port is None else port,
        key=secrets.token_urlsafe(16) if is_locked else "",
    )
    stdout = sys.stdout if as_json else None
    with redirect_stdout(sys.stderr):  # textual-serve prints there what an explorer had to say on its end
        return asyncio.run(_until_told(server, stdout))


async def _until_told(server: ExplorerServer, stdout: IO[str] | None) -> int:
    """Serve until a signal; the exit code, once every explorer has kept its run."""
    try:
        await server.listen()
    except OSError as error:
        where = f"{server.host}:{server.port}"
        raise FailedRunError(f"cannot listen on {where}: {error.strerror}; --port takes another") from None
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    _heard(told)
    if stdout is not None:
        with redirect_stdout(stdout):
            print_json({"schema": 1, "url": server.url, "host": server.host, "port": server.port})
            stdout.flush()
    say(f"The explorer is at {server.url} until ctrl+C.")
    try:
        return 128 + await told
    finally:
        await server.end()


def _heard(told: asyncio.Future[int]) -> None:
    """Have the first signal that asks for the end answer ``told``."""

    def tell(number: int) -> None:
        if not told.done():
            told.set_result(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # A signal that is ignored stays so: that is how nohup asks for it.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(NotImplementedError):  # on Windows ctrl+C interrupts the loop instead
                asyncio.get_running_loop().add_signal_handler(number, tell, number)
