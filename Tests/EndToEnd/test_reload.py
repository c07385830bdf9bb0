"""Certificates, keys, anchors and revocation lists change under running daemons; and which key pairs certificates may have."""

import signal
import time

import pytest

import deployment as deployments
import test_connections
import test_delegation

TEXT = b"text"


def until_log(daemon, words, count=1, seconds=15):
    deadline = time.monotonic() + seconds
    while daemon.log.read_text().count(words) < count:
        assert time.monotonic() < deadline, f"{daemon.name} never said: {words}"
        time.sleep(0.1)


def issue(deployment, name, unit, *arguments, organization="openkcm"):
    made = deployments.run(
        "kcmctl", "pki", "issue", deployment.folder, "--name", name, "--organization", organization, "--unit", unit, *arguments
    )
    assert made.returncode == 0, made.stderr


def subject_serial(deployment):
    return [record["via"]["serial"] for record in deployment.audit_records("core") if record.get("via")][-1]


def test_a_changed_file_is_taken_without_a_signal_and_without_dropping_anyone(own):
    own.start()
    with own.client("acme-app") as app:
        assert app.create().ok
        revoked = deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-app2")
        assert revoked.returncode == 0
        until_log(own.edge, "have changed and are reloaded")
        assert test_connections.refused(lambda: own.client("acme-app2"))
        assert app.create().ok


def test_a_half_written_file_keeps_the_old_and_is_tried_again(own):
    own.start()
    with own.client("acme-app") as app:
        good = own.pki("edge.pem").read_text()
        own.pki("edge.pem").write_text(good[: len(good) // 2])
        until_log(own.edge, "cannot be used; what was in use stays")
        assert app.create().ok and not test_connections.refused(lambda: own.client("acme-app2"))
        time.sleep(5)
        assert own.edge.log.read_text().count("cannot be used; what was in use stays") == 1
        own.pki("edge.pem").write_text(good)
        time.sleep(0.1)
        own.edge.process.send_signal(signal.SIGHUP)
        until_log(own.edge, "log level are reloaded")


@pytest.mark.parametrize("by", ["signal", "change"])
def test_edge_shows_core_its_new_certificate(own, by):
    own.start()
    l3 = test_delegation.active_l3(own)
    with own.client("acme-app") as app:
        assert app.encrypt(l3, TEXT).ok
        before = subject_serial(own)
        issue(own, "edge", "edge", "--ip", "127.0.0.1", "--dns", "localhost", "--server")
        if by == "signal":
            own.edge.process.send_signal(signal.SIGHUP)
            until_log(own.edge, "log level are reloaded")
        else:
            until_log(own.edge, "have changed and are reloaded")
        assert app.encrypt(l3, TEXT).ok
        assert subject_serial(own) != before


@pytest.mark.parametrize("algorithm", ["p256", "p384", "ed25519", "rsa2048", "rsa3072"])
def test_key_pairs_of_clients_and_servers(own, algorithm):
    for name in ("core", "edge"):
        issue(own, name, name, "--ip", "127.0.0.1", "--dns", "localhost", "--server", "--algorithm", algorithm)
    issue(own, "acme-app", "service", "--algorithm", algorithm, organization="acme")
    own.start()
    l3 = test_delegation.active_l3(own)
    with own.client("acme-app") as app:
        assert app.create().ok
        assert app.encrypt(l3, TEXT).ok
