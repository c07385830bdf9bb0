"""SIGKILL at any moment: what was answered is there afterwards, and the audit chain verifies."""

import re
import threading

import pytest

from deployment import until


class Writer(threading.Thread):
    """Creates keys on its own connection until the server goes away; keeps what was answered."""

    def __init__(self, client, prefix):
        super().__init__(daemon=True)
        self.client, self.prefix = client, prefix
        self.answered = []
        self.problem = None

    def run(self):
        try:
            for number in range(100_000):
                made = self.client.create(f"{self.prefix}-{number}")
                if not made.ok:
                    self.problem = made
                    return
                self.answered.append(made.identifier)
        except (OSError, ConnectionError):
            return


@pytest.mark.parametrize("plugin, delay", [("sqlite", 0.7), ("sqlite", 1.3), ("lmdb", 0.7), ("lmdb", 1.3), ("file", 0.7), ("file", 1.3)])
def test_every_answered_create_survives_a_kill(own, plugin, delay):
    text = own.edge.config.read_text()
    store = f"keystore: {{plugin: {plugin}, settings: {{path: data/edge.{plugin}}}}}"
    own.edge.config.write_text(re.sub(r"^keystore:.*$", store, text, flags=re.MULTILINE))
    own.start()
    writers = [Writer(own.client("acme-app" if n % 2 else "globex-app"), f"crash-{n}") for n in range(4)]
    for writer in writers:
        writer.start()
    until(lambda: all(writer.answered or writer.problem for writer in writers), "nothing was created before the kill")
    threading.Event().wait(delay)
    own.edge.kill()
    for writer in writers:
        writer.join(10)
        writer.client.socket.close()
        assert writer.problem is None, writer.problem
        assert writer.answered, "nothing was created before the kill"

    own.edge.start()
    for n, writer in enumerate(writers):
        with own.client("acme-app" if n % 2 else "globex-app") as client:
            lost = [identifier for identifier in writer.answered if not client.get(identifier).ok]
        assert lost == []

    verified = {side: own.verify_audit(side) for side in ("core", "edge")}
    assert {side: done.returncode for side, done in verified.items()} == {"core": 0, "edge": 0}, verified

    # No committed change without its record: every answered Create is in the log.
    recorded = {record["object"] for record in own.audit_records("edge") if record["operation"] == "Create"}
    answered = {identifier for writer in writers for identifier in writer.answered}
    assert answered <= recorded


def test_core_survives_a_kill(own):
    own.start()
    with own.client("acme-admin", "core") as admin:
        kept = admin.create("kept").identifier
        assert admin.activate(kept).ok
    own.core.kill()
    own.core.start()
    with own.client("acme-app") as app:
        assert app.encrypt(kept, b"text").ok
    assert own.verify_audit("core").returncode == 0


def test_sigterm_is_a_clean_end(own):
    own.start()
    with own.client("acme-app") as app:
        made = app.create("before").identifier
    assert own.edge.stop() == 0
    own.edge.start()
    with own.client("acme-app") as app:
        assert app.get(made).ok
    assert own.verify_audit("edge").returncode == 0
