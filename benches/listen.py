#!/usr/bin/env python3
"""listen.py DIRECTORY COUNT [PROCESSES]: COUNT live sockets in DIRECTORY, held by PROCESSES.

Prints "ready" when all of them listen, and ends when its standard input does.
"""

import os
import socket
import sys


def hold(directory: str, first: int, count: int) -> list[socket.socket]:
    held = []
    for number in range(first, first + count):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(os.path.join(directory, f"app-{number:05}.sock"))
        os.chmod(os.path.join(directory, f"app-{number:05}.sock"), 0o660)
        listener.listen(16)
        held.append(listener)
    return held


def main() -> None:
    directory, count = sys.argv[1], int(sys.argv[2])
    processes = int(sys.argv[3]) if len(sys.argv) > 3 else max(1, count // 500)
    share = -(-count // processes)
    ready, say_ready = os.pipe()
    children = 0
    for first in range(0, count, share):
        if os.fork() == 0:
            held = hold(directory, first, min(share, count - first))
            os.write(say_ready, b"x")
            # Every child waits for the same end of input.
            sys.stdin.buffer.read()
            os._exit(0 if held else 1)
        children += 1
    os.close(say_ready)
    for _ in range(children):
        if not os.read(ready, 1):
            sys.exit("listen.py: a process could not bind its sockets")
    print("ready", flush=True)
    for _ in range(children):
        os.wait()


main()
