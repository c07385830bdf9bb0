"""Sealing at Edge: the lease, the kill switch, what goes on while Core is away, and what the store holds."""

import re
import sqlite3
import time

import pytest

import deployment
import ttlv

LEASE = 6


@pytest.fixture
def leased(own):
    """A deployment whose sealing keys have to be renewed every few seconds."""
    config = own.folder / "edge.yaml"
    config.write_text(re.sub(r"lease: \w+", f"lease: {LEASE}s", config.read_text()))
    return own


def active_key(client, name):
    made = client.create(name)
    assert made.ok, made
    assert client.activate(made.identifier).ok
    return made.identifier


def sealing_key(admin):
    found = admin.locate(name="edge-sealing")
    assert len(found.identifiers) == 1
    return found.identifiers[0]


def until(seconds, condition):
    """Waits for what has to be within so many seconds, and some more for a machine that is slow or stands still for a moment."""
    deployment.until(condition, f"did not come true within {seconds} s and 5 more", seconds + 5)


def test_the_lease_is_renewed_while_core_agrees(leased):
    leased.start()
    with leased.client("acme-app") as app:
        key = active_key(app, "k")
        end = time.monotonic() + 2.5 * LEASE
        while time.monotonic() < end:
            assert app.encrypt(key, b"text").ok
            time.sleep(0.2)


def test_revoking_the_l3_key_shuts_the_tenant_down_within_a_lease(leased):
    """At the next renewal, which comes three times a lease: Edge does not wait for the lease to run out."""
    config = leased.folder / "edge.yaml"
    config.write_text(config.read_text().replace(f"lease: {LEASE}s", f"lease: {4 * LEASE}s"))
    leased.start()
    with leased.client("acme-app") as acme, leased.client("globex-app") as globex, leased.client("acme-admin", "core") as admin:
        key, other = active_key(acme, "k"), active_key(globex, "k")
        assert acme.encrypt(key, b"text").ok
        assert admin.revoke(sealing_key(admin), reason=2).ok
        # Two thirds of the lease are left at least, which is more.
        until(4 * LEASE / 3 + 1, lambda: not acme.encrypt(key, b"text").ok)
        for refused in (acme.encrypt(key, b"text"), acme.get(key), acme.create("new")):
            assert refused.reason == "PermissionDenied", refused
            assert "sealing key" in refused.message
        assert globex.encrypt(other, b"text").ok and globex.get(other).ok


def test_core_away_the_lease_ends_and_edge_fails_closed(leased):
    leased.start()
    with leased.client("acme-app") as app:
        used, revoked, active = active_key(app, "used"), active_key(app, "revoked"), active_key(app, "active")
        leased.core.stop()
        assert app.encrypt(used, b"text").ok, "within the lease Edge needs no Core"
        until(2 * LEASE, lambda: not app.encrypt(used, b"text").ok)
        refused = app.get(used)
        assert refused.reason == "GeneralFailure" and "Core" in refused.message

        # Taking rights away does not wait for Core.
        assert app.revoke(revoked, reason=2).ok
        assert app.destroy(revoked).ok
        assert app.destroy(active).reason == "PermissionDenied", "an active object has to be revoked first"

        leased.core.start()
        until(LEASE, lambda: app.encrypt(used, b"text").ok)
        assert not app.get(revoked).ok
        state = ttlv.attributes(app.call("GetAttributes", ttlv.text("UniqueIdentifier", revoked), ttlv.text("AttributeName", "State")))
        assert state["State"] == [6], "Destroyed Compromised"


def test_a_restart_with_core_away_serves_nothing_and_recovers(leased):
    leased.start()
    with leased.client("acme-app") as app:
        key = active_key(app, "k")
        sealed = app.encrypt(key, b"text")
    leased.edge.stop()
    leased.core.stop()
    leased.edge.start()
    with leased.client("acme-app") as app:
        assert app.get(key).reason == "GeneralFailure"
        leased.core.start()
        until(LEASE, lambda: app.get(key).ok)
        opened = app.decrypt(key, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"))
        assert opened.get("Data") == b"text"


def test_the_store_holds_neither_keys_nor_names(own):
    own.start()
    with own.client("acme-app") as app:
        key = active_key(app, "a-name-to-look-for")
        value = ttlv.key_bytes(app.get(key))
    own.edge.stop()
    files = b"".join(path.read_bytes() for path in (own.folder / "data").glob("edge.sqlite*"))
    assert key.encode() in files, "the store was read at all"
    for secret in (value, value.hex().encode(), b"a-name-to-look-for"):
        assert secret not in files


@pytest.mark.parametrize("part", ["a", "k"])
def test_an_edited_or_swapped_record_does_not_open(own, part):
    own.start()
    with own.client("acme-app") as app:
        edited, first, second = (active_key(app, name) for name in ("edited", "first", "second"))
    own.edge.stop()

    with sqlite3.connect(own.folder / "data" / "edge.sqlite") as store:
        def read(identifier):
            return store.execute("SELECT value FROM entry WHERE key = ?", (f"o/{identifier}/{part}".encode(),)).fetchone()[0]

        def write(identifier, value):
            store.execute("UPDATE entry SET value = ? WHERE key = ?", (value, f"o/{identifier}/{part}".encode()))

        value = bytearray(read(edited))
        value[-1] ^= 1
        write(edited, bytes(value))
        one, two = read(first), read(second)
        write(first, two)
        write(second, one)
    store.close()

    own.edge.start()
    with own.client("acme-app") as app:
        for identifier in (edited, first, second):
            answer = app.get(identifier)
            assert answer.reason == "GeneralFailure", answer
    assert "its seal does not hold" in own.edge.tail()
