#!/usr/bin/env python3
"""server.py [--bind PATH] [--notify] [--store] [--slow SECONDS] [--never]

A server on the sockets that were passed to it, or on one of its own. It answers a line:

  who          pid, parent, user, and what was passed to it
  exit N       ends with that status
  signal N     ends by that signal
  hang         goes on serving, and says nothing to the watchdog any more
  GET ...      as an HTTP server

--notify: says READY=1, its status, another main pid (which nobody is to believe), and that it is
alive; and after SIGHUP, that it reloads and has done so. --store: gives a descriptor to the
service manager, which passes it on to the next start. --slow: takes so long, and asks for that
time. --never: is never ready.
"""

import array
import os
import select
import signal
import socket
import sys
import time


def option(name: str) -> bool:
    return name in sys.argv[1:]


class Manager:
    """sd_notify(3)"""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET")
        self.socket = None
        if address:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.connect("\0" + address[1:] if address[0] == "@" else address)

    def tell(self, text: str, *descriptors: int) -> None:
        if self.socket:
            fds = array.array("i", descriptors)
            along = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)] if descriptors else []
            self.socket.sendmsg([text.encode()], along)

    def barrier(self) -> None:
        """Until all that was told has been taken."""
        reader, writer = os.pipe()
        self.tell("BARRIER=1", writer)
        os.close(writer)
        if self.socket:
            os.read(reader, 1)
        os.close(reader)


def reload(manager: Manager) -> None:
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.tell(f"RELOADING=1\nMONOTONIC_USEC={now}")
    manager.tell("READY=1\nSTATUS=reloaded")


def passed() -> list[tuple[int, str]]:
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ["LISTEN_FDS"])
    return list(zip(range(3, 3 + count), os.environ["LISTEN_FDNAMES"].split(":")))


def watchdog() -> float | None:
    """Seconds between two signs of life, where they are asked of this very process."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    length = os.environ.get("WATCHDOG_USEC")
    return int(length) / 2e6 if length else None


def answer(client: socket.socket, kept: list[str]) -> bool:
    """Whether it is to go on with its signs of life."""
    words = client.recv(1000).decode().split()
    match words:
        case ["exit", code]:
            os._exit(int(code))
        case ["signal", number]:
            os.kill(os.getpid(), int(number))
            signal.pause()
        case ["who"]:
            me = [f"pid={os.getpid()}", f"ppid={os.getppid()}", f"uid={os.getuid()}"]
            client.sendall((" ".join(me + [f"passed={','.join(kept)}"]) + "\n").encode())
        case ["GET", *_]:
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        case ["hang"]:
            client.sendall(b"hanging\n")
            return False
    return True


def main() -> None:
    manager = Manager()
    descriptors = passed()
    listeners = [socket.socket(fileno=fd) for fd, name in descriptors if name != "stored"]
    if option("--bind"):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(sys.argv[sys.argv.index("--bind") + 1])
        listener.listen(16)
        listeners.append(listener)
    kept = [name for _, name in descriptors]
    if option("--store") and "stored" not in kept:
        stored = os.memfd_create("stored")
        manager.tell("FDSTORE=1\nFDNAME=stored", stored)
        os.close(stored)
    if option("--slow"):
        length = float(sys.argv[sys.argv.index("--slow") + 1])
        manager.tell(f"EXTEND_TIMEOUT_USEC={int(4e6 * length)}")
        time.sleep(length)
    if option("--never"):
        manager.tell("STATUS=never ready")
        signal.pause()
    if option("--notify"):
        manager.tell(f"STATUS=serving as {os.getpid()}")
        manager.tell("MAINPID=1\nREADY=1\n")
        manager.barrier()
        signal.signal(signal.SIGHUP, lambda *_: reload(manager))
    pause = watchdog()
    next_sign = time.monotonic()
    while True:
        left = None
        if pause is not None:
            left = max(0.0, next_sign - time.monotonic())
        ready, _, _ = select.select(listeners, [], [], left)
        for listener in ready:
            client, _ = listener.accept()
            with client:
                if not answer(client, kept):
                    pause = None
        if pause is not None and time.monotonic() >= next_sign:
            manager.tell("WATCHDOG=1")
            next_sign = time.monotonic() + pause


main()
