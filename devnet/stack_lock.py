"""The lock that pulumi leaves in devnet's file backend when it is killed."""

import json
import socket
from pathlib import Path


def release_abandoned(state: Path, stack: str) -> list[int]:
    """Remove the stack's locks whose pulumi has ended on this machine, and return its pids; others stay."""
    ended = []
    for lock in (state / ".pulumi" / "locks").glob(f"*/*/{stack}/*.json"):
        try:
            holder = json.loads(lock.read_text())
            pid, host = int(holder["pid"]), holder["hostname"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # being written or removed, or of a form that only pulumi knows
        if host == socket.gethostname() and not Path(f"/proc/{pid}").exists():
            lock.unlink(missing_ok=True)
            ended.append(pid)
    return ended
