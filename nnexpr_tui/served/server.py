"""The server: one page, the terminal in it (xterm.js, as textual-serve brings it), and an explorer for each open page.

Everything that the page needs comes from here; a policy forbids it every other source, so it works without internet.

Whoever can speak to the server uses the explorer as the person who started it, and that one writes files. So:

* It listens on 127.0.0.1 unless told otherwise; another machine reaches it through ``ssh -L``.
* A page of another site, open in the same browser, could speak to 127.0.0.1 too. The connection is refused where the
  page that asks (``Origin``) did not come from here, or where the name that it was asked by (``Host``) is none of
  this machine's own: a foreign name may have been made to lead here.
* With a ``key`` it must be known: the address that is printed has it, and a cookie keeps it. Every name is good then.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from html import escape
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import textual_serve
from aiohttp import web

from nnexpr_tui.served.session import SIZES, Session

__all__ = ["ExplorerServer", "is_loopback"]

_PAGE = Path(__file__).parent / "page"
_BROUGHT = Path(textual_serve.__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",  # the key may stand in the address
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_FONT_SIZES = range(6, 41)
_USUAL_FONT_SIZE = 15


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ExplorerServer:
    """Serves ``command``, the arguments of an explorer's process, to browsers."""

    def __init__(self, command: Sequence[str], host: str, port: int, key: str = "") -> None:
        self.host, self.port, self._command, self._key = host, port, command, key
        self._open: set[web.WebSocketResponse] = set()
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._connected),
                web.static("/page", _PAGE),
                web.static("/static", _BROUGHT),
            ]
        )
        app.on_shutdown.append(self._close)
        self._runner = web.AppRunner(app, handle_signals=False)

    @property
    def url(self) -> str:
        """The address of the page, once it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?key={self._key}" if self._key else "")

    async def listen(self) -> None:
        """Begin to listen; of port 0 the system chooses one. Raises OSError."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def end(self) -> None:
        """End every explorer, each with its run kept, and listen no more."""
        await self._runner.cleanup()

    async def _close(self, app: web.Application) -> None:  # noqa: ARG002
        await asyncio.gather(*(websocket.close() for websocket in self._open))

    async def _page(self, request: web.Request) -> web.Response:
        self._require_own_name(request)
        if self._key and not self._is_known(request.query.get("key") or self._cookie(request)):
            raise web.HTTPForbidden(text="The address needs the key that serve has printed, as ?key=...")
        size = _number(request.query.get("fontsize"), _FONT_SIZES, _USUAL_FONT_SIZE)
        page = (_PAGE / "page.html").read_text(encoding="utf-8")
        response = web.Response(
            text=page.replace("{font_size}", escape(str(size))), content_type="text/html", headers=_HEADERS
        )
        if self._key:
            response.set_cookie(self._cookie_name, self._key, httponly=True, samesite="Strict")
        return response

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        self._require_own_name(request)
        origin = request.headers.get("Origin")
        own = [f"{scheme}://{request.host.lower()}" for scheme in ("http", "https")]
        if origin is not None and origin.lower() not in own:
            raise web.HTTPForbidden(text="A page from elsewhere asks for the explorer.")
        if self._key and not self._is_known(self._cookie(request)):
            raise web.HTTPForbidden(text="The key is missing.")
        websocket = web.WebSocketResponse(heartbeat=15)
        await websocket.prepare(request)
        self._open.add(websocket)
        try:
            columns, rows = (
                _number(request.query.get(name), SIZES, usual)
                for name, usual in (("width", 80), ("height", 24))
            )
            await Session(self._command, websocket).converse(columns, rows)
        finally:
            self._open.discard(websocket)
        return websocket

    def _require_own_name(self, request: web.Request) -> None:
        name = _name(request.host)
        if not (self._key or is_loopback(name) or name == self.host):
            raise web.HTTPForbidden(
                text="That is no name of this machine. Open it as 127.0.0.1 or localhost, or begin serve with --key."
            )

    @property
    def _cookie_name(self) -> str:
        return f"nnexpr-{self.port}"  # browsers do not tell the ports of a machine apart

    def _cookie(self, request: web.Request) -> str:
        return request.cookies.get(self._cookie_name, "")

    def _is_known(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._key.encode())


def _name(host: str) -> str:
    """What stands before the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _number(text: str | None, allowed: range, usual: int) -> int:
    """The number that a browser gave, or the usual one."""
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 6
    return int(text or 0) if is_number and int(text or 0) in allowed else usual
