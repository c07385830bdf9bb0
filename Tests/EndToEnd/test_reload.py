"""Certificates, keys, anchors and revocation lists change under running daemons; and which key pairs certificates may have."""

import signal
import time

import pytest

import deployment as deployments
import test_connections
import test_delegation
import ttlv

TEXT = b"text"


def until_log(daemon, words, count=1):
    deployments.until(lambda: daemon.log.read_text().count(words) >= count, f"{daemon.name} never said: {words}")


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


KEPT = "cannot be used; what was in use stays"
TAKEN = "have changed and are reloaded"


def in_pieces(path, own, app, cut):
    """Writes a file anew up to `cut`, waits until Edge has refused that, and writes the rest. All the while everyone is served."""
    whole = path.read_bytes()
    # The client's own trust, since the file may be the one that is cut.
    anchors = own.folder / "anchors.pem"
    if not anchors.exists():
        anchors.write_bytes(own.pki("ca.pem").read_bytes())

    def connect():
        return ttlv.Client(own.port("edge"), own.pki("acme-app2.pem"), own.pki("acme-app2.key"), anchors)

    kept, taken = (own.edge.log.read_text().count(words) for words in (KEPT, TAKEN))
    with open(path, "wb") as file:
        file.write(whole[:cut])
        file.flush()
        until_log(own.edge, KEPT, count=kept + 1)
        assert app.create().ok and not test_connections.refused(connect)
        # Tried again at each look, and said once.
        time.sleep(5)
        assert own.edge.log.read_text().count(KEPT) == kept + 1
        assert app.create().ok
        file.write(whole[cut:])
    until_log(own.edge, TAKEN, count=taken + 1)
    assert app.create().ok


@pytest.mark.parametrize("name", ["edge.pem", "edge.key", "ca.pem", "crl.pem"])
def test_a_half_written_file_keeps_the_old_until_it_is_whole(own, name):
    """Without a signal, and the connection from before stays."""
    own.start()
    with own.client("acme-app") as app:
        assert app.create().ok
        # The whole list is another than the one from before.
        if name == "crl.pem":
            assert deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-auditor").returncode == 0
            until_log(own.edge, TAKEN)
        in_pieces(own.pki(name), own, app, own.pki(name).stat().st_size // 2)
    if name == "crl.pem":
        assert test_connections.refused(lambda: own.client("acme-auditor"))


@pytest.mark.parametrize("name", ["edge.pem", "crl.pem", "ca.pem"])
def test_an_emptied_file_keeps_the_old(own, name):
    own.start()
    with own.client("acme-app") as app:
        in_pieces(own.pki(name), own, app, 0)


def test_a_certificate_that_comes_before_its_key(own):
    own.start()
    key = own.pki("edge.key").read_bytes()
    with own.client("acme-app") as app:
        issue(own, "edge", "edge", "--ip", "127.0.0.1", "--dns", "localhost", "--server")
        new = own.pki("edge.key").read_bytes()
        own.pki("edge.key").write_bytes(key)
        until_log(own.edge, KEPT)
        assert app.create().ok
        own.pki("edge.key").write_bytes(new)
        until_log(own.edge, TAKEN)
        assert app.create().ok and not test_connections.refused(lambda: own.client("acme-app2"))


def test_a_file_that_is_cut_where_a_part_ends_is_left_alone_while_it_is_written(own, tmp_path):
    """Two anchors, and for a moment the first alone, which is a whole file: clients of the second are not shut out."""
    other = tmp_path / "other"
    assert deployments.run("kcmctl", "init", other, "--base-port", own.base).returncode == 0
    config = own.edge.config
    config.write_text(config.read_text().replace(", crl: pki/crl.pem", ""))
    first, second = (other / "pki" / "ca.pem").read_bytes(), own.pki("ca.pem").read_bytes()
    own.pki("ca.pem").write_bytes(first + second)
    own.core.start()
    own.edge.start()
    with own.client("acme-app") as app:
        assert app.create().ok
        # Edge looks every two seconds and takes what two looks have seen. Many short halves, so that it sees some of them, and none twice
        # where the machine stands still for a moment.
        for _ in range(24):
            with open(own.pki("ca.pem"), "wb") as file:
                file.write(first)
                file.flush()
                time.sleep(0.4)
                file.write(second)
            time.sleep(0.1)
            assert app.create().ok
        until_log(own.edge, TAKEN)
        assert app.create().ok
    assert own.edge.log.read_text().count(KEPT) == 0


@pytest.mark.parametrize("broken", ["", "roles:", "roles:\n  service:\n    - {operations: [Create], lev"])
def test_an_empty_or_cut_policy_keeps_the_old(own, broken):
    policy = own.folder / "policy.yaml"
    policy.write_text("extends: built-in\n")
    own.edge.config.write_text(own.edge.config.read_text() + "\npolicy: policy.yaml\n")
    own.start()
    with own.client("acme-app") as app:
        policy.write_text(broken)
        own.edge.process.send_signal(signal.SIGHUP)
        until_log(own.edge, "nothing was reloaded, what was in use stays")
        assert "policy.yaml" in own.edge.log.read_text()
        assert app.create().ok
        policy.write_text("roles:\n  service:\n    - {operations: [Locate], levels: [L4]}\n")
        own.edge.process.send_signal(signal.SIGHUP)
        until_log(own.edge, "are reloaded")
        assert app.create().reason == "PermissionDenied" and app.locate().ok


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
