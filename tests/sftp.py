"""An SFTP server on the loopback address, for pulling from and sending to.

Belongs here: starting and stopping it. Does not belong here: assertions.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh


class _Server(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("rambøll", "hemmelig")


@contextmanager
def sftp_server(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Serve a folder to one user.

    Args:
        root: what the user sees as `/`.
        folder: receives `known_hosts` and `credentials.json` (mode 0600).

    Yields:
        URL and credentials file.
    """
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            _Server,
            "127.0.0.1",
            0,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
        )

    server = loop.run_until_complete(start())
    threading.Thread(target=loop.run_forever, daemon=True).start()
    port = server.get_port()
    hosts = folder / "known_hosts"
    hosts.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
    login = {"127.0.0.1": {"username": "rambøll", "password": "hemmelig", "known_hosts": str(hosts)}}
    path = folder / "credentials.json"
    path.write_text(json.dumps(login))
    path.chmod(0o600)
    try:
        yield f"sftp://127.0.0.1:{port}/", path
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
