#!/usr/bin/env python3
"""A server that does what it is told, word by word, and then serves."""
import ctypes
import os
import signal
import socket
import sys
import time

words = iter(sys.argv[1:])
sockets = []


def new(family=socket.AF_UNIX, kind=socket.SOCK_STREAM):
    sockets.append(socket.socket(family, kind))
    return sockets[-1]


def serve():
    while True:
        if not sockets or sockets[-1].type == socket.SOCK_DGRAM:
            signal.pause()
        client, _ = sockets[-1].accept()
        client.sendall(b"hello\n")
        client.close()


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
for word in words:
    if word == "bind":
        new().bind(next(words))
    elif word == "bind-dgram":
        new(kind=socket.SOCK_DGRAM).bind(next(words))
    elif word == "abstract":
        new().bind("\0" + next(words))
        sockets[-1].listen()
    elif word == "tcp":
        new(socket.AF_INET).bind(("127.0.0.1", 0))
        sockets[-1].listen()
    elif word == "listen":
        sockets[-1].listen(16)
    elif word == "close":
        sockets.pop().close()
    elif word == "chmod":
        os.chmod(next(words), int(next(words), 8))
    elif word == "rename":
        os.rename(next(words), next(words))
    elif word == "unlink":
        os.unlink(next(words))
    elif word == "sleep":
        time.sleep(float(next(words)))
    elif word == "spin":
        end = time.monotonic() + float(next(words))
        while time.monotonic() < end:
            pass
    elif word == "touch":
        open(next(words), "w").close()
    elif word == "await":
        path = next(words)
        os.mkfifo(path)
        # Until somebody opens it to write.
        open(path).close()
        os.unlink(path)
    elif word == "fork":
        if os.fork():
            signal.pause()
    elif word == "leave":
        # As a daemon does, which nobody waits for.
        over, tell_over = os.pipe()
        if os.fork():
            if next(words) == "stay":
                signal.pause()
            os.read(over, 1)
            os._exit(0)
        next(words)
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        signal.alarm(60)
    elif word == "over":
        os.write(tell_over, b"x")
    elif word == "unshare-net":
        assert ctypes.CDLL(None).unshare(0x40000000) == 0
    elif word == "print-umask":
        mask = os.umask(0)
        os.umask(mask)
        print("%04o" % mask, flush=True)
    elif word == "print-user":
        print(os.geteuid(), flush=True)
    elif word == "exit":
        os._exit(int(next(words)))
    elif word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        sys.exit("no such word: " + word)
serve()
