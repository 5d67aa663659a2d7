"""The real clock."""

from datetime import UTC, date, datetime


class SystemClock:
    """Implements `service.ports.Clock`."""

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC)

    def today(self) -> date:
        """See the port."""
        return self.now().date()
