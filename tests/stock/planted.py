#!/usr/bin/env python3
"""planted.py KIND BACKLOG PATH: listens on PATH (@NAME: abstract), says so, and stays until its
standard input ends. The socket file stays behind."""

import socket
import sys

kind, backlog, path = sys.argv[1:]
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "dgram" else socket.SOCK_STREAM)
server.bind("\0" + path[1:] if path.startswith("@") else path)
if kind != "dgram":
    server.listen(int(backlog))
print("ready", flush=True)
sys.stdin.read()
