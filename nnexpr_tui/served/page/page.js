"use strict";

// Relative to the page's own address, so that it works behind a tunnel or a proxy, on any port and below any path.
const socket = new URL("ws", location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
socket.search = "";
document.getElementById("terminal").dataset.sessionWebsocketUrl = socket.href;

// The cookie has the key from now on: it need not stand in the history.
const shown = new URL(location.href);
shown.searchParams.delete("key");
history.replaceState(null, "", shown);

// Keys are for the explorer from the beginning. The terminal is made when the page has loaded, after this.
addEventListener("load", () => setTimeout(() => document.querySelector(".xterm-helper-textarea").focus()));

document.getElementById("again").addEventListener("click", () => location.reload());
