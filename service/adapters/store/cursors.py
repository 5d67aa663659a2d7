"""Cursors: a place in a list, sealed for whoever was given it.

Places are counted over all organisations, so that a readable one would tell how much the others do.
"""

import base64
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from service.adapters.store.vault import CURSORS, Vault

_NUMBER: Final = 8
_TAG: Final = 16


class SealedCursors:
    """Implements `service.ports.Cursors` with a key derived from the key file's.

    AES-SIV gives the same cursor for the same place, so that a feed that has not moved on says so.
    The reader and the list are bound in: the cursors of a list whose places can be counted, such
    as the listings, say nothing about those of another.
    """

    def __init__(self, vault: Vault) -> None:
        """Seal with the key derived from the vault's active one; open with any of them."""
        derived = vault.derived(CURSORS)
        self._sealing = AESSIV(derived[vault.active])
        self._opening = [AESSIV(key) for key in derived.values()]

    def write(self, position: int, reader: str, of: str) -> str:
        """See the port."""
        bound = [reader.encode(), of.encode()]
        sealed = self._sealing.encrypt(position.to_bytes(_NUMBER, "big"), bound)
        return base64.urlsafe_b64encode(sealed).decode()

    def read(self, cursor: str, reader: str, of: str) -> int | None:
        """See the port."""
        try:
            sealed = base64.b64decode(cursor, altchars="-_", validate=True)
        except ValueError:
            return None
        if len(sealed) != _TAG + _NUMBER:
            return None
        for cipher in self._opening:
            try:
                plain = cipher.decrypt(sealed, [reader.encode(), of.encode()])
            except InvalidTag:
                continue
            return int.from_bytes(plain, "big")
        return None
