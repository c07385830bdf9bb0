"""Revocation lists that have come to their end: nobody is taken on their word, on any way in and at Edge's way to Core."""

import time

import pytest

import deployment as deployments
import test_connections
import test_delegation
import test_https
from test_clock import HOUR, Clock
from test_reload import until_log

L3 = "L3-00000000-0000-4000-8000-000000000000"
PAST = "2020-01-01T00:00:00Z"


def renew_list(own, *end):
    done = deployments.run("kcmctl", "pki", "crl", own.folder, *end)
    assert done.returncode == 0, done.stderr


def in_seconds(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_an_expired_list_refuses_every_client(own):
    """At the handshake, and over a connection that is open when the list is read; a current list lets all in again."""
    own.start()
    connected = test_connections.asking(own, "acme-app", "kmip")
    assert connected().ok
    renew_list(own, "--next-update", PAST)
    for daemon in (own.edge, own.core):
        until_log(daemon, "have changed and are reloaded")
    answer = connected()
    assert answer.reason == "AuthenticationNotSuccessful" and "CRL has expired" in answer.message, answer
    with pytest.raises((ConnectionError, OSError)):
        connected()
    for side in ("edge", "core"):
        assert test_connections.refused(lambda: own.client("acme-app", side))
        assert test_connections.log_says(getattr(own, side), "CN=acme-app.*CRL has expired")

    def is_recorded():
        handshakes = [record for record in own.audit_records("edge") if record["operation"] == "Handshake"]
        return handshakes and "CRL has expired" in handshakes[-1]["rule"] and "CN=acme-app" in handshakes[-1]["subject"]

    deployments.until(is_recorded, "the refusal is not recorded")
    renew_list(own)
    until_log(own.edge, "have changed and are reloaded", count=2)
    assert not test_connections.refused(lambda: own.client("acme-app"))


def test_a_list_that_ends_while_the_daemon_runs(own):
    """Nothing is read again: the clock alone refuses new connections, and Edge's new ones to Core."""
    clock = Clock(own, 0)
    renew_list(own, "--next-update", in_seconds(HOUR))
    own.start()
    assert not test_connections.refused(lambda: own.client("acme-app"))
    clock.put(HOUR + 1)
    assert test_connections.refused(lambda: own.client("acme-app"))
    assert test_connections.log_says(own.edge, "CN=acme-app.*CRL has expired")


def test_core_judges_the_chains_that_an_edge_passes_on_by_its_own_list(own):
    """Over one connection of an edge, which stays good itself."""
    own.core.start()
    connection = test_https.connect(own, "edge")

    def asked(name):
        headers = {"Client_Cert": test_https.byte_sequence(own, name)}
        return test_https.result(test_https.post(connection, test_https.query(), **headers)[1])

    assert asked("acme-app2").ok
    assert deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-app2").returncode == 0
    until_log(own.core, "have changed and are reloaded")
    answer = asked("acme-app2")
    assert answer.reason == "AuthenticationNotSuccessful" and "revoked" in answer.message, answer
    assert asked("acme-app").ok
    record = [record for record in own.audit_records("core") if record["status"] != "Success"][-1]
    assert record["via"]["service"] == "edge" and record["reason"] == "AuthenticationNotSuccessful", record


def lists_at_edge(own, other):
    """Edge's revocation lists: those of its clients' authority and of Core's, in one file that is replaced as a whole."""
    new = own.pki("edge-crl.new")
    new.write_bytes(own.pki("crl.pem").read_bytes() + (other / "pki" / "crl.pem").read_bytes())
    new.rename(own.pki("edge-crl.pem"))


@pytest.mark.parametrize("how", ["expired list", "revoked"])
def test_edge_takes_no_core_that_its_lists_do_not_vouch_for(own, tmp_path, how):
    """Core has a certificate of another authority, so that Edge's clients are not concerned. What Edge has open to Core ends with the
    reload, and a list that vouches for Core again makes up for it."""
    other = tmp_path / "other"
    assert deployments.run("kcmctl", "init", other, "--base-port", own.base).returncode == 0
    for name in ("core.pem", "core.key"):
        own.pki(name).write_bytes((other / "pki" / name).read_bytes())
    own.pki("edge-ca.pem").write_bytes(own.pki("ca.pem").read_bytes() + (other / "pki" / "ca.pem").read_bytes())
    config = own.edge.config
    config.write_text(config.read_text().replace("pki/ca.pem, crl: pki/crl.pem", "pki/edge-ca.pem, crl: pki/edge-crl.pem"))
    lists_at_edge(own, other)
    own.core.start()
    own.edge.start()
    with own.client("acme-app") as app:
        # Nobody can ask Core for a key here: its own answer, Item Not Found, shows that it was reached.
        assert app.encrypt(L3, b"text").reason == "ItemNotFound"
        command = ["pki", "crl", other, "--next-update", PAST] if how == "expired list" else ["pki", "revoke", other, "core"]
        assert deployments.run("kcmctl", *command).returncode == 0
        lists_at_edge(own, other)
        until_log(own.edge, "have changed and are reloaded")
        test_delegation.assert_failure(own, app, L3, "untrusted", "not trusted")
        assert {"expired list": "CRL has expired", "revoked": "certificate revoked"}[how] in own.edge.log.read_text()
        if how == "expired list":
            assert deployments.run("kcmctl", "pki", "crl", other).returncode == 0
            lists_at_edge(own, other)
            until_log(own.edge, "have changed and are reloaded", count=2)
            test_delegation.until_ok(lambda: Reached(app.encrypt(L3, b"text")))


class Reached:
    """Whether Core was asked."""

    def __init__(self, answer):
        self.ok = answer.reason == "ItemNotFound"
