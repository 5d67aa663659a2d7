"""A process that sends webhooks and mail as the service does, to be killed.

`python -m tests.durability.sender`, from the root of the checkout. For each line
"FOLDER MINUTES SMTP_PORT" on stdin it forks one that sends what is due, with its clock put
forward by so many minutes, until nothing waits any more; "started PID" and "ended STATUS" on
stdout.
"""

import os
import sys
import threading
import time
from dataclasses import fields
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any

from service.adapters.mail.links import SignedLinks
from service.adapters.mail.sender import SmtpMail, SmtpServer
from service.adapters.store.sql import SqlStore
from service.adapters.webhooks.sender import HttpWebhooks
from service.ports import Tools
from service.rules.places import Places
from service.rules.rates import Rates
from service.settings import bundled
from service.skills.phrases import Phrases
from service.worker import post, send
from tests.webhooks.conftest import PutForward


def tools_over(store: SqlStore, ahead: timedelta, smtp_port: int) -> Tools:
    """Return tools that can send, and nothing else: no model is opened for that."""
    server = SmtpServer(
        host="127.0.0.1",
        port=smtp_port,
        sender=Address("Homeward", addr_spec="alerts@homeward.example"),
        home="https://homeward.example",
        security="none",
    )
    given: dict[str, Any] = {
        "store": store,
        "clock": PutForward(ahead),
        "webhooks": HttpWebhooks(private=True),
        "mail": SmtpMail(server),
        "links": SignedLinks(list(store.link_keys().values())),
        "mail_phrases": Phrases.read(bundled("data", "mail", "phrases.csv")),
        "rates": Rates.read(bundled("data", "rules", "rates.csv")),
        "places": Places.read(bundled("data", "rules", "places.csv")),
    }
    unused: Any = {one.name: None for one in fields(Tools)}
    return Tools(**(unused | given))


def waiting(store: SqlStore) -> int:
    """Return how many messages are not sent yet."""
    with store._database.read() as connection:
        query = "SELECT count(*) FROM alert_events WHERE state = 'pending'"
        return int(connection.exec_driver_sql(query).scalar_one())


def send_all(folder: Path, ahead: timedelta, smtp_port: int) -> None:
    """Send until nothing waits, webhooks and mail beside each other."""
    store = SqlStore.open(folder / "data", folder / "keys.json")
    tools, stopping = tools_over(store, ahead, smtp_port), threading.Event()
    threads = [threading.Thread(target=run, args=(tools, stopping)) for run in (send, post)]
    for thread in threads:
        thread.start()
    while waiting(store):
        time.sleep(0.02)
    stopping.set()
    for thread in threads:
        thread.join()
    store.close()


def main() -> None:
    """Fork a sender for each line; this process itself opens nothing and starts no thread."""
    for line in sys.stdin:
        folder, minutes, port = line.split()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                send_all(Path(folder), timedelta(minutes=int(minutes)), int(port))
                status = 0
            finally:
                os._exit(status)
        os.write(1, f"started {child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()
