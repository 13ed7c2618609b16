#!/usr/bin/env python3
"""Makes a tree of files, directories and sockets, and keeps half of the sockets alive.

usage: walk-tree.py TREE FILES DIRECTORIES SOCKETS

Prints "ready" once everything is there, and then lives until its standard input is closed.
"""

import os
import resource
import socket
import sys


def directories(count):
    """Relative names: ten below each, so the tree is a few levels deep."""
    names = [""]
    for number in range(1, count):
        names.append(os.path.join(names[(number - 1) // 10], f"directory-{number}"))
    return names


def bind(directory, name, kind):
    # The name alone: a path may be too long for bind(2).
    os.chdir(directory)
    bound = socket.socket(socket.AF_UNIX, kind)
    bound.bind(name)
    if kind == socket.SOCK_STREAM:
        bound.listen()
    return bound


def main():
    tree = os.path.abspath(sys.argv[1])
    files, directory_count, sockets = map(int, sys.argv[2:5])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    places = [os.path.join(tree, name) for name in directories(directory_count)]
    for place in places:
        os.makedirs(place, exist_ok=True)
    for number in range(files):
        place = places[number % len(places)]
        os.close(os.open(f"{place}/file-{number}", os.O_WRONLY | os.O_CREAT, 0o644))
    alive = []
    for number in range(sockets):
        place = places[number * 7919 % len(places)]
        kind = socket.SOCK_DGRAM if number % 8 == 0 else socket.SOCK_STREAM
        bound = bind(place, f"socket-{number}", kind)
        if number % 2 == 0:
            alive.append(bound)
        else:
            bound.close()
    os.chdir("/")
    print("ready", flush=True)
    sys.stdin.read()


main()
