"""The explorer served: who is let in, what of a browser's words is heard, and that no run is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from explorer_app import epoch
from pty_app import Emulator, Size
from serving import PATIENCE, Served, is_ready, until

from nnexpr.runs.store import Store
from nnexpr_tui.commands.cli import cli

WINDOW = {"width": "120", "height": "40"}
HOSTILE = (
    "", "x", "{}", "[]", "7", "null", '["stdin"]', '["stdin", 7]', '["stdin", "\\ud800"]', '["resize"]',
    '["resize", {"width": 1e9, "height": 10}]', '["resize", {"width": "$(touch no)", "height": 40}]',
    '["resize", {"width": true, "height": []}]', '["quit"]', '["deliver_chunk_request", {"key": 1}]', "[[],[]]",
)  # fmt: skip


class Page:
    """What a browser's page is to the server."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self.socket, self.screen = connection, Emulator(Size(120, 40))

    async def press(self, keys: str) -> None:
        await self.socket.send_str(json.dumps(["stdin", keys]))

    async def until(self, seen: Callable[[str], object]) -> None:
        """Draw until this is true of the screen's text, or of its end."""
        async with asyncio.timeout(PATIENCE):
            while not seen(self.screen.text):
                message = await self.socket.receive()
                if message.type != aiohttp.WSMsgType.BINARY:
                    raise AssertionError(f"{message.type}; the screen:\n{self.screen.text}")
                self.screen.feed(message.data)
                if b"\x1b[6n" in message.data:
                    await self.press("\x1b[1;1R")

    async def until_closed(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self.socket.receive()).type == aiohttp.WSMsgType.BINARY:
                pass


@asynccontextmanager
async def opened(served: Served, **headers: str) -> AsyncIterator[Page]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{served.url}ws", params=WINDOW, headers=headers) as connection,
    ):
        yield Page(connection)


async def test_an_explorer_hears_keys_and_its_run_outlives_the_page(tmp_path: Path) -> None:
    """Whatever else is sent is not heard, and the words of the command reach no shell."""
    kept = tmp_path / "a b; touch no; $(touch no) 'x"
    with Served(tmp_path, "--store", str(kept)) as served:
        async with opened(served, Origin=served.url.rstrip("/")) as page:
            for words in HOSTILE:
                await page.socket.send_str(words)
            await page.socket.send_bytes(b"\xff")
            await page.until(is_ready)
            await page.press("s")
            await page.until(lambda text: epoch(text) == 1)
            assert "regions" in page.screen.text
            assert len(page.screen.colours) > 4
            assert any("⠀" < sign <= "⣿" for sign in page.screen.text)
            assert len(served.explorers) == 1
        until(lambda: not served.explorers)
    [run] = Store(kept).runs()
    assert run.head().epoch == 1
    assert not [path for folder in (tmp_path, Path.cwd()) for path in folder.rglob("no")]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
async def test_the_end_of_the_server_is_that_of_its_explorers_and_no_run_is_lost(
    tmp_path: Path, how: signal.Signals, code: int
) -> None:
    with Served(tmp_path) as served:
        async with opened(served) as page:
            await page.until(is_ready)
            await page.press("s")
            await page.until(lambda text: epoch(text) == 1)
            assert len(served.explorers) == 1
            served.process.send_signal(how)
            await page.until_closed()
            assert served.process.wait(PATIENCE) == code
            until(lambda: not served.explorers)
    [run] = Store(tmp_path / "store").runs()
    assert run.head().epoch == 1


async def refused(session: aiohttp.ClientSession, url: str, **headers: str) -> bool:
    """Whether the server refuses to answer, or to be spoken to."""
    try:
        async with session.get(url, headers=headers) as response:
            return response.status == 403
    except aiohttp.ClientError:
        return False


async def spoken_to(session: aiohttp.ClientSession, url: str, **headers: str) -> bool:
    try:
        async with session.ws_connect(url, headers=headers):
            return True
    except aiohttp.WSServerHandshakeError as error:
        return error.status != 403


async def test_pages_from_elsewhere_are_refused(tmp_path: Path) -> None:
    """A page of another site in the same browser, and one whose name was made to lead here."""
    with Served(tmp_path) as served:
        async with aiohttp.ClientSession() as session:
            port = served.url.rstrip("/").rpartition(":")[2]
            for name in (f"127.0.0.1:{port}", f"localhost:{port}", "localhost:9999", "[::1]:80", "LOCALHOST"):
                assert not await refused(session, served.url, Host=name), name
            for name in (
                "example.com",
                f"example.com:{port}",
                "127.0.0.1.example.com",
                "",
                "a@b@c",
                "[",
                "[::1",
            ):
                assert await refused(session, served.url, Host=name), name
                assert not await spoken_to(session, f"{served.url}ws", Host=name, Origin=f"http://{name}"), (
                    name
                )
            for origin in (
                "http://example.com",
                f"http://localhost:{port}",
                "null",
                "",
                "http://127.0.0.1",
                "[",
                "é",
            ):
                assert not await spoken_to(session, f"{served.url}ws", Origin=origin), origin
            assert not served.explorers
            async with session.get(served.url, params={"fontsize": "<script>"}) as response:
                policy, page = response.headers["Content-Security-Policy"], await response.text()
            assert "default-src 'none'" in policy
            assert "<script>" not in page
            for path in (
                "static/../../__init__.py",
                "static/..%2f__init__.py",
                "page/..%2fserver.py",
                "page/",
                "static/",
            ):
                async with session.get(f"{served.url}{path}") as response:
                    assert response.status in (403, 404), path


async def test_a_key_is_asked_for(tmp_path: Path) -> None:
    with Served(tmp_path, "--key") as served:
        bare, _, key = served.url.partition("?key=")
        assert len(key) > 20
        async with aiohttp.ClientSession() as stranger:
            for query in ("", "?key=", f"?key={key[:-1]}", f"?key={key}x", "?key=é"):
                assert await refused(stranger, bare + query), query
            assert not await spoken_to(stranger, f"{bare}ws?key={key}")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as known:
            assert not await refused(known, served.url, Host="a-proxy.example.com")
            assert not await refused(known, bare), "the cookie has it from now on"
            assert await spoken_to(known, f"{bare}ws")


async def test_an_explorer_that_ends_unasked_is_the_end_of_its_page(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        async with opened(served) as page, opened(served) as other:
            until(lambda: len(served.explorers) == 2)
            for explorer in served.explorers:
                explorer.kill()
            await asyncio.gather(page.until_closed(), other.until_closed())
        assert served.process.poll() is None
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(PATIENCE) == 130


def test_what_keeps_it_from_beginning_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(cli, ["serve", *arguments])
        return ended.exit_code, ended.stderr

    assert told("--port", "99999") == (
        2, "Error: --port is 99999: it must be a whole number, at least 0 and at most 65535.\n"
    )  # fmt: skip
    assert told("--width", "0")[0] == told("--nosuch")[0] == told("--config", "nowhere.toml")[0] == 2
    assert told("--target", "csv:nowhere.csv") == (
        2, "Error: --target is csv:nowhere.csv: there is no such file.\n"
    )  # fmt: skip
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, sentence = told("--port", str(port))
        assert code == 1
        assert sentence.startswith(f"Error: cannot listen on 127.0.0.1:{port}: ")
        assert sentence.count("\n") == 1
    assert told("--host", "192.0.2.1")[0] == 1, "an address of no machine"
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert told() == (
        1, "Error: serve needs textual_serve, which is not installed: pip install 'nnexpr-tui[web]'.\n"
    )  # fmt: skip
