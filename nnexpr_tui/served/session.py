"""One explorer for one browser: a process of its own, and the packets to and fro.

The protocol and its reader are textual-serve's (1.1.3). What it would give a shell is given to the system here, as
arguments: no shell is between, and of what a browser sends two numbers reach the new process, its columns and rows.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import WSMessage, WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from nnexpr_tui.served import DRIVER

__all__ = ["Session"]

# Seconds for an explorer to keep its run and end. Long, for one that still loads or compiles on a busy machine answers
# late, and would be ended with its run unkept.
PATIENCE = 50.0
SIZES = range(1, 1000)  # columns or rows
# Of the browser's terminal; what the server's own environment says is of the terminal that it was started in.
_BROWSER = {"TEXTUAL_DRIVER": DRIVER, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
_ELSEWHERE = {"TMUX", "STY", "ESCDELAY", "LINES"}


class Session(AppService):
    """The explorer behind one open page; it lives as long as the page's connection."""

    def __init__(self, command: Sequence[str], websocket: web.WebSocketResponse) -> None:
        super().__init__(
            "",
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,  # type: ignore[arg-type] # which tells whether it was open
            download_manager=DownloadManager(),
        )
        self._command, self._websocket = command, websocket

    async def converse(self, columns: int, rows: int) -> None:
        """Begin an explorer of this size, hand on what the browser says, and end it when the browser has gone."""
        await self.start(columns, rows)
        ending = asyncio.create_task(self._close_at_its_end())
        try:
            async for message in self._websocket:
                await self._hear(message)
        finally:
            await self.stop()
            await ending

    async def _close_at_its_end(self) -> None:
        """The explorer's end, however it came, is the connection's."""
        if self._process is not None:
            await self._process.wait()
        with suppress(ConnectionError):
            await self.remote_close()

    async def stop(self) -> None:
        """Have the explorer keep its run and end; one that does not in time is ended."""
        try:
            await asyncio.wait_for(super().stop(), PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                if self._process is not None:
                    self._process.kill()
        if self._process is not None:
            await self._process.wait()

    async def _hear(self, message: WSMessage) -> None:
        """One message of the page; what is none of those that it sends is not heard."""
        if message.type != WSMsgType.TEXT:
            return
        try:
            kind, *rest = message.json()
        except (ValueError, TypeError):
            return
        told = rest[0] if rest else None
        if kind == "stdin" and isinstance(told, str):
            keys = told.encode("utf-8", "ignore")
            if keys:  # none would be taken for the end of all keys
                await self.send_bytes(keys)
        elif kind == "resize" and isinstance(told, dict):
            columns, rows = told.get("width"), told.get("height")
            if isinstance(columns, int) and isinstance(rows, int) and columns in SIZES and rows in SIZES:
                await self.set_terminal_size(columns, rows)
        elif kind == "ping":
            await self._websocket.send_json(["pong", told])
        elif kind in ("focus", "blur"):
            await (self.focus() if kind == "focus" else self.blur())

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = {**self._build_environment(width, height), **_BROWSER}
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={name: value for name, value in environment.items() if name not in _ELSEWHERE},
            start_new_session=True,  # ctrl+C in the server's terminal is for the server
        )
        self._stdin = self._process.stdin
        return self._process
