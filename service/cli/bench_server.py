"""What the bench commands share: a server in a process of its own, clients, percentiles."""

import http
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from service.settings import Settings

KEY: Final = "bench-key-of-one-run"
_PATIENCE_S: Final = 600
_HELD_S: Final = 2.0
"""How long a line may rest: uvicorn hangs up after five seconds."""
_READ: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Question:
    """A request as bytes, made before the clock runs."""

    sent: bytes

    @classmethod
    def of(cls, method: str, path: str, body: Mapping[str, Any] | None = None) -> "Question":
        """Write a request with the key of this run; body: JSON, None for none."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return cls(head.encode() + content)


class Client:
    """One connection that is kept. As little as can be, or two cores measure the client."""

    def __init__(self, port: int) -> None:
        """Connect to this machine."""
        self._port = port
        self._connect()

    def _connect(self) -> None:
        self._used = time.perf_counter()
        self._line = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE_S)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, question: Question) -> bytes:
        """Return the body of the answer.

        Raises RuntimeError where it is a refusal, OSError where the server cannot answer now.
        """
        if time.perf_counter() - self._used > _HELD_S:
            self.close()
            self._connect()
        self._line.sendall(question.sent)
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        head = got[:end].lower()
        _, _, said = head.partition(b"content-length:")
        size = int(said.split(b"\r\n", 1)[0] or 0)
        parts, held = [got[end + 4 :]], len(got) - end - 4
        while held < size:
            parts.append(self._more())
            held += len(parts[-1])
        body = b"".join(parts)
        status, self._used = int(head[9:12]), time.perf_counter()
        if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ConnectionError(f"{question.sent[:80]!r} was answered: {body[:300]!r}")
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{question.sent[:80]!r} was refused: {body[:300]!r}")
        return body

    def _more(self) -> bytes:
        part = self._line.recv(_READ)
        if not part:
            raise ConnectionError("The server hung up.")
        return part

    def close(self) -> None:
        """Hang up."""
        self._line.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers. ready_s: from its start until it did."""

    port: int
    pid: int
    ready_s: float

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Open a connection for a while."""
        one = Client(self.port)
        try:
            yield one
        finally:
            one.close()

    def asked(self, question: Question) -> Any:  # noqa: ANN401 - JSON
        """Ask once; return the JSON of the answer, None for none."""
        with self.client() as one:
            return json.loads(one.ask(question) or b"null")


@contextmanager
def serving(
    command: Sequence[str], environment: Mapping[str, str], ready: Question
) -> Iterator[Server]:
    """Run `python COMMAND` with PORT in it filled in, until `ready` is answered and to the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, *(str(port) if word == "PORT" else word for word in command)]
    began = time.perf_counter()
    process = subprocess.Popen(words, env=os.environ | dict(environment))  # noqa: S603 - our own
    try:
        server = Server(port, process.pid, 0.0)
        while True:
            try:
                server.asked(ready)
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > _PATIENCE_S:
                    raise
                time.sleep(0.02)
        yield Server(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def homeward(settings: Settings, *, remembering: bool = True) -> Iterator[Server]:
    """Run `homeward serve` as a partner would.

    remembering: whether it gives an answer again; without, each is made as if asked first.
    """
    environment = {
        "HOMEWARD_DATA_DIR": str(settings.data_dir),
        "HOMEWARD_KEY_FILE": str(settings.key_file),
        "HOMEWARD_ADMIN_KEY": KEY,
        "HOMEWARD_RATE_LIMIT": "0",
        "HOMEWARD_LOG_LEVEL": "ERROR",
    }
    if not remembering:
        environment["HOMEWARD_ANSWERS_MB"] = "0"
    command = ["-m", "service.cli", "serve", "--port", "PORT"]
    with serving(command, environment, Question.of("GET", "/readyz")) as server:
        yield server


def settings_in(folder: Path) -> Settings:
    """Return settings that keep everything in a folder."""
    return Settings(
        data_dir=folder / "data", key_file=folder / "keys.json", admin_key=KEY, rate_limit=0
    )


def throughput(
    server: Server, questions: Sequence[Question], clients: int, seconds: float
) -> float:
    """Return the requests a second that so many clients get answered, each asking at once again."""
    end = time.perf_counter() + seconds

    def ask(first: int) -> int:
        done = 0
        with server.client() as one:
            for question in islice(cycle(questions), first, None):
                one.ask(question)
                done += 1
                if time.perf_counter() >= end:
                    return done
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        done = sum(pool.map(ask, range(clients)))
    return done / (time.perf_counter() - began)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which `percent` of a hundred lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the middle half around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise some values, one at the least."""
        return cls(statistics.median(values), percentile(values, 25), percentile(values, 75))


def memory_mib(pid: int) -> tuple[float, float]:
    """Return the memory of a process in MiB: resident, and of it what is not mapped from files.

    Linux; 0 where /proc is missing.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return 0.0, 0.0
    kib = {
        line.split(":")[0]: int(line.split()[1])
        for line in lines
        if line.startswith(("VmRSS", "RssAnon"))
    }
    return kib["VmRSS"] / 1024, kib["RssAnon"] / 1024
