"""The home's own secret: made once, readable by its owner only, never copied into facts, tables or logs."""

from __future__ import annotations

import os
import secrets

from assets.warehouse.home import Home

KEY_BYTES = 32


def pseudonym_key(home: Home) -> bytes:
    """Return the key that makes pseudonyms of people; the first call of a home makes it.

    Two threads or processes at once agree: the key appears whole under its name or not at all, and the first one stays.
    """
    path = home.keys / "pseudonyms.key"
    if not path.exists():
        home.keys.mkdir(parents=True, exist_ok=True)
        beside = home.keys / f".pseudonyms-{secrets.token_hex(8)}.tmp"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_bytes()
