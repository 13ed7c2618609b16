"""nginx in front of an upstream on a Unix socket, its workers running as www-data."""

import os
import pathlib
import socket
import subprocess

PATIENCE = 30


class Front:
    """Everything that it writes is in `scratch`."""

    def __init__(self, sockctl: str, scratch: pathlib.Path, upstream: pathlib.Path) -> None:
        self.sockctl = sockctl
        self.scratch = scratch
        self.socket = scratch / "front.sock"
        self.log = scratch / "nginx.log"
        self.process: subprocess.Popen[bytes] | None = None
        (scratch / "nginx.conf").write_text(f"""
daemon off;
user www-data;
worker_processes 1;
error_log {self.log};
pid {scratch}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {scratch}/nginx.1; proxy_temp_path {scratch}/nginx.2;
  fastcgi_temp_path {scratch}/nginx.3; uwsgi_temp_path {scratch}/nginx.4;
  scgi_temp_path {scratch}/nginx.5;
  upstream app {{ server unix:{upstream}; }}
  server {{ listen unix:{self.socket}; location / {{ proxy_pass http://app; }} }}
}}
""")

    def starts(self) -> bool:
        with open(self.scratch / "nginx.err", "wb") as errors:
            self.process = subprocess.Popen(
                ["nginx", "-c", str(self.scratch / "nginx.conf"), "-p", str(self.scratch)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        wait = [self.sockctl, "probe", f"--wait={PATIENCE}s", str(self.socket)]
        return subprocess.run(wait, stdout=subprocess.DEVNULL).returncode == 0

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def complaints(self) -> str:
        """What it said where it could not start."""
        return (self.scratch / "nginx.err").read_text(errors="replace")

    def answer(self) -> str:
        """The status, and the body where it is 200."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(os.fspath(self.socket))
            client.sendall(b"GET / HTTP/1.0\r\nHost: app\r\n\r\n")
            received = b""
            while piece := client.recv(4096):
                received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        status = head.split()[1].decode()
        return f"{status} {body.decode().strip()}" if status == "200" else status
