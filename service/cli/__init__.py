"""The command line: homeward serve, work, demo, match, migrate, reindex, keys, audit, bench."""

from service.cli.commands import app


def main() -> None:
    """Run the command line."""
    app()


__all__ = ["app", "main"]
