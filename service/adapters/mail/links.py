"""Links that act without a key: signed, bound to a mailbox, ended where they end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

from service.domain.letter import Link, LinkPurpose


class SignedLinks:
    """Implements `service.ports.LinkSigner`."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """keys: at least one; the last signs, all of them open."""
        self._serializer = URLSafeSerializer(
            list(keys), salt="homeward mail", signer_kwargs={"digest_method": sha256}
        )

    def token(self, link: Link) -> str:
        """See the port."""
        until = None if link.until is None else int(link.until.timestamp())
        said = [link.purpose.value, link.subscription_id, link.mailbox, until]
        return str(self._serializer.dumps(said))

    def link(self, token: str) -> Link | None:
        """See the port."""
        try:
            purpose, name, mailbox, until = self._serializer.loads(token)
            ends = None if until is None else datetime.fromtimestamp(until, UTC)
            return Link(LinkPurpose(purpose), name, mailbox, ends)
        except (BadData, ValueError, TypeError):
            return None
