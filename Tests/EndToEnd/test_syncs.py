"""Syncs that fail with EIO: nothing is answered that did not reach the disk, and work goes on when the syncs do."""

import re

import pytest

from deployment import until
from test_audit_disk import why_not_ready


@pytest.fixture
def failing(own):
    """A deployment, not started, and a function that has the Edge's syncs of a file fail, or of none."""
    file = own.folder / "fail"
    own.edge.preload("disk", SYNC_FAIL=file)
    return own, file.write_text


def keystore(own, plugin):
    text = own.edge.config.read_text()
    store = f"keystore: {{plugin: {plugin}, settings: {{path: data/edge.{plugin}}}}}"
    changed = re.sub(r"^keystore:.*$", store, text, flags=re.MULTILINE)
    assert f"edge.{plugin}" in changed
    own.edge.config.write_text(changed)


def names(app, *wanted):
    """How many objects have each of these Names."""
    found = [app.locate(name=name) for name in wanted]
    assert all(one.ok for one in found), found
    return [len(one.identifiers) for one in found]


@pytest.mark.parametrize("plugin", ["sqlite", "lmdb", "file"])
def test_a_keystore_that_cannot_be_synchronised(failing, plugin):
    """SQLite goes on by itself; the others say that they need a restart, and are what they were before the failure."""
    own, fail = failing
    keystore(own, plugin)
    own.start()
    with own.client("acme-app") as app:
        key = app.create("kept").identifier
        assert app.activate(key).ok
        fail(f"edge.{plugin}")
        for refused in (app.create("never"), app.revoke(key)):
            assert refused.reason == "GeneralFailure", refused
        fail("")
        if plugin == "sqlite":
            assert names(app, "never") == [0] and app.state(key) == 2
            assert app.create("meanwhile").ok and app.encrypt(key, b"text").ok
        else:
            assert app.create("never").reason == "GeneralFailure"
            assert "restart to" in own.edge.log.read_text()
    own.edge.kill()
    own.edge.start()
    with own.client("acme-app") as app:
        assert names(app, "never", "kept", "meanwhile") == [0, 1, plugin == "sqlite"]
        assert app.state(key) == 2
        assert app.create("after").ok and app.revoke(key).ok
    assert own.edge.stop() == 0
    assert own.verify_audit("edge").returncode == 0
    revokes = [line["status"] for line in own.audit_records("edge") if line["operation"] == "Revoke"]
    assert revokes == ["OperationFailed", "Success"]


@pytest.mark.parametrize("plugin", ["sqlite", "lmdb", "file"])
def test_a_change_that_was_not_synchronised_is_not_there_after_a_crash(failing, plugin):
    """Its client was told that it failed, and so was the audit log."""
    own, fail = failing
    keystore(own, plugin)
    own.start()
    with own.client("acme-app") as app:
        key = app.create("kept").identifier
        fail(f"edge.{plugin}")
        assert app.activate(key).reason == "GeneralFailure"
        own.edge.kill()
    fail("")
    own.edge.start()
    with own.client("acme-app") as app:
        assert app.state(key) == 1
        assert app.activate(key).ok
    assert own.verify_audit("edge").returncode == 0


def test_an_audit_log_that_cannot_be_synchronised(failing):
    own, fail = failing
    own.set_durability("edge", "fsync")
    own.set_durability("core", "fsync")
    own.start()
    with own.client("acme-app") as app:
        key = app.create("kept").identifier
        assert app.activate(key).ok
        fail("edge-audit.jsonl")
        for refused in (app.create("never"), app.revoke(key), app.encrypt(key, b"text")):
            assert refused.reason == "GeneralFailure" and "audit log" in refused.message, refused
        assert "audit log" in why_not_ready(own.edge)
        fail("")
        until(lambda: why_not_ready(own.edge) == "")
        assert app.create("after").ok
        assert app.locate(name="never").identifiers == []
        assert app.state(key) == 2 and app.encrypt(key, b"text").ok
        recorded = {(line["object"], line["operation"]) for line in own.audit_records("edge") if line["status"] == "Success"}
        assert (key, "Encrypt") in recorded and (key, "Revoke") not in recorded
    own.stop()
    assert own.verify_audit("edge").returncode == 0 and own.verify_audit("core").returncode == 0
