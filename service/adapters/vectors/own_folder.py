"""A folder for one process's index: that in the data directory, or another for the time being."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def own_folder(data_dir: Path) -> Iterator[Path]:
    """Yield the data directory, or a folder in its place that no other process writes to.

    Two that saved their index in one folder would remove each other's files. Whoever comes second
    builds their own anew, and leaves nothing. Raises OSError where nothing can be written.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "index.lock").open("a") as lock:
        try:
            # The operating system frees it however the process ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with TemporaryDirectory(prefix="homeward-index-") as other:
                yield Path(other)
        else:
            yield data_dir
