"""Real receivers on this machine, that answer, fail, hang or lead elsewhere as they are told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks import Webhook

DEADLINE_S: Final = 30.0


@dataclass
class Got:
    """A message as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body, parsed."""
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the body if the signature holds; raise WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """What a receiver was sent. answers: statuses in turn, the last one again and again."""

    port: int = 0
    answers: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)
    hangs: threading.Event | None = None
    raw: bytes | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """Take a message and answer it."""
        length = int(request.headers.get("Content-Length", 0))
        body = request.rfile.read(length)
        if len(body) < length:
            return  # who sent it died in the middle: that is no message yet
        self.got.append(Got({k.lower(): v for k, v in request.headers.items()}, body))
        if self.hangs is not None:
            self.hangs.wait(DEADLINE_S)
        elif self.raw is not None:
            request.wfile.write(self.raw)
        else:
            request.send_response(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            for name, value in self.headers.items():
                request.send_header(name, value)
            request.end_headers()


@contextmanager
def receiving(**behaviour: Any) -> Iterator[Receiver]:  # noqa: ANN401 - fields of many types
    """Yield a receiver that listens until the end."""
    receiver = Receiver(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self)

        do_GET = do_POST  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        if receiver.hangs is not None:
            receiver.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()


def until(done: Callable[[], bool]) -> None:
    """Wait for something to come true; fail after a generous while."""
    pause = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        if done():
            return
        pause.wait(0.02)
    message = "it did not come true in time"
    raise AssertionError(message)
