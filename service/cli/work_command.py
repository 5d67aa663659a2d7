"""homeward work: what goes on beside the requests, in a process of its own."""

import signal
import threading

from service.cli.terminal import fail, log_to_stderr, out, read_settings
from service.domain.errors import HomewardError
from service.wiring import open_tools
from service.worker import follow, start_beside


def work() -> None:
    """Do what goes on beside the requests, without serving any: imports, messages, forgetting.

    Any number of these may run beside any number of "homeward serve" on one PostgreSQL.
    """
    settings = read_settings()
    log_to_stderr(settings.log_level)
    stopping = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopping.set())
    try:
        with open_tools(settings) as tools:
            beside = start_beside(tools, stopping)
            out.print("Working.", highlight=False)
            follow(tools, stopping)
            for thread in beside:
                thread.join()
    except HomewardError as error:
        fail(error)
