"""The home folder: where everything that is kept lies, and whether it can be used.

Here belong paths and permissions only; what stands in the files is known by the module that writes them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from assets.warehouse.errors import HomeError

FOLDERS = ("inbox", "originals", "warehouse", "state", "review", "outbox", "quarantine", "keys", "dagster")
LOCAL_PROTOCOLS = ("file", "local")
READ_ONLY = frozenset({"inbox"})  # a mounted inbox may be read-only: nothing is ever written or deleted there


@dataclass(frozen=True)
class Home:
    """Paths of one home; nothing is created or checked here."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Files as people or scripts drop them."""
        return self.root / "inbox"

    @property
    def originals(self) -> Path:
        """Every file ever seen, named by its sha256."""
        return self.root / "originals"

    @property
    def warehouse(self) -> Path:
        """Facts and tables; can be rebuilt from inbox, originals and state."""
        return self.root / "warehouse"

    @property
    def state(self) -> Path:
        """What cannot be rebuilt: arrivals, frozen inputs, learned state, published nights."""
        return self.root / "state"

    @property
    def review(self) -> Path:
        """Pages and workbooks for people."""
        return self.root / "review"

    @property
    def outbox(self) -> Path:
        """Bid files, undo files and manifests."""
        return self.root / "outbox"

    @property
    def quarantine(self) -> Path:
        """Rows and files that did not pass, with reasons."""
        return self.root / "quarantine"

    @property
    def keys(self) -> Path:
        """Secrets of the shop."""
        return self.root / "keys"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.root / "dagster"


def open_home(root: str | Path) -> Home:
    """Return the home at ``root`` (a local path or a ``file://`` URL) with all its folders made and usable."""
    home = Home(_local_path(root))
    refused = [text for name in FOLDERS if (text := _make_usable(home.root / name, writable=name not in READ_ONLY))]
    if refused:
        remedy = (
            f"Give user id {os.geteuid()} read and write permission there (chown, chmod u+rwx), or use another --home."
        )
        raise HomeError(str(home.root), f"{len(refused)} folder(s) cannot be read and written", refused, remedy)
    return home


def _local_path(root: str | Path) -> Path:
    protocol, separator, _ = str(root).partition("://")
    if not separator:
        return Path(root).expanduser().absolute()
    if protocol not in LOCAL_PROTOCOLS:
        remedy = "Give a local path or a file:// URL with --home, or mount the remote folder."
        raise HomeError(str(root), "only local folders are supported, this one is", [protocol], remedy)
    import fsspec.core  # noqa: PLC0415 - only for URLs; a plain path should not pay for it

    return Path(fsspec.core.url_to_fs(str(root))[1])


def _make_usable(folder: Path, *, writable: bool) -> str:
    """Return why ``folder`` cannot be used, or an empty text."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mode = os.R_OK | os.X_OK | (os.W_OK if writable else 0)
        if os.access(folder, mode, effective_ids=os.access in os.supports_effective_ids):
            return ""
        info = folder.stat()
    except OSError as error:
        return f"{folder} ({error.strerror})"
    return f"{folder} (mode {info.st_mode & 0o777:04o}, owner {info.st_uid})"
