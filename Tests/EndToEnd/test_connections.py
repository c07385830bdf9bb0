"""Who gets a connection, and what a connection can say without harm."""

import contextlib
import http.client
import os
import re
import signal
import socket
import ssl

import pytest

import deployment as deployments
import test_https
import ttlv


def refused(connect):
    """Whether no request is answered. A TLS 1.3 client may learn of the refusal only when it reads."""
    try:
        with connect() as client:
            client.send(ttlv.request(("Query", [ttlv.enumeration("QueryFunction", 1)])))
            client.receive()
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def log_says(daemon, words):
    """Whether the daemon's log has a line on a refused handshake with these words and the peer's address."""
    line = rf"TLS handshake refused: .*{words}.* remote=127\.0\.0\.1:\d+"
    deployments.until(lambda: re.search(line, daemon.log.read_text()), f"{daemon.name} never said: {words}")
    return True


@pytest.mark.parametrize("side", ["core", "edge"])
def test_without_a_certificate(shared, side):
    assert refused(lambda: ttlv.Client(shared.port(side), trust=shared.pki("ca.pem")))
    assert log_says(getattr(shared, side), "the client sent no certificate")


@pytest.mark.parametrize("side", ["core", "edge"])
def test_certificate_of_another_ca(shared, side, tmp_path):
    other = tmp_path / "other"
    made = deployments.run("kcmctl", "init", other, "--base-port", 21_000)
    assert made.returncode == 0, made.stderr
    pki = other / "pki"
    assert refused(lambda: ttlv.Client(shared.port(side), pki / "acme-app.pem", pki / "acme-app.key", shared.pki("ca.pem")))
    assert log_says(getattr(shared, side), "CN=acme-app.*issuer|CN=acme-app.*(self-signed|certificate signature failure)")


def test_expired_certificate(shared):
    made = deployments.run(
        "kcmctl", "pki", "issue", shared.folder, "--name", "late", "--organization", "acme", "--unit", "service",
        "--not-after", "2020-01-01T00:00:00Z",
    )
    assert made.returncode == 0, made.stderr
    assert refused(lambda: shared.client("late"))
    assert log_says(shared.edge, "CN=late.*expired")


def test_revoked_certificate(own):
    own.start()
    assert not refused(lambda: own.client("acme-app2"))
    assert deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-app2").returncode == 0
    own.edge.process.send_signal(signal.SIGHUP)
    deployments.until(lambda: refused(lambda: own.client("acme-app2")))
    assert log_says(own.edge, "CN=acme-app2.*revoked")
    assert not refused(lambda: own.client("acme-app")), "others are not touched"


def asking(own, name, transport):
    """A function that asks the same question over one connection again and again."""
    if transport == "kmip":
        client = own.client(name)
        return lambda: client.batch(("Query", [ttlv.enumeration("QueryFunction", 1)]))[0]
    connection = test_https.connect(own, name, "edge")
    connection.connect()
    # A closed connection is not to be opened again by itself.
    connection.auto_open = 0
    return lambda: test_https.result(test_https.post(connection, test_https.query())[1])


@pytest.mark.parametrize("transport", ["kmip", "https"])
def test_revocation_reaches_open_connections(own, transport):
    """A connection that was made before its certificate was revoked is told so, and closed; others stay."""
    own.start()
    bystander, suspect = asking(own, "acme-app", transport), asking(own, "acme-app2", transport)
    assert suspect().ok
    assert deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-app2").returncode == 0
    own.edge.process.send_signal(signal.SIGHUP)
    deployments.until(lambda: "are reloaded" in own.edge.log.read_text())
    answer = suspect()
    assert answer.reason == "AuthenticationNotSuccessful" and "revoked" in answer.message
    with pytest.raises((ConnectionError, ssl.SSLError, http.client.HTTPException)):
        suspect()
    assert bystander().ok
    record = [record for record in own.audit_records("edge") if record["reason"] == "AuthenticationNotSuccessful"][-1]
    assert record["rule"] == "certificate" and record["operation"] == "Query"


def test_revocation_closes_idle_connections(own):
    own.start()
    idle = own.client("acme-app2")
    assert idle.create().ok
    assert deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-app2").returncode == 0
    own.edge.process.send_signal(signal.SIGHUP)
    idle.socket.settimeout(60)
    assert idle.socket.recv(1) == b"", "it is closed within a minute, without a word"


def test_refused_handshakes_are_audited(own):
    own.start()
    assert deployments.run("kcmctl", "pki", "revoke", own.folder, "acme-app2").returncode == 0
    own.edge.process.send_signal(signal.SIGHUP)
    deployments.until(lambda: refused(lambda: own.client("acme-app2")))
    sent = 0

    def recorded():
        return [record for record in own.audit_records("edge") if record["operation"] == "Handshake"]

    # Without any certificate, and a flood of them: bounded, and counted. Fifty a second are recorded by each event loop, of which there is
    # one for a processor; how many are refused in a second depends on the machine, and what was too much is told by the next that is not.
    def is_told():
        nonlocal sent
        for _ in range(os.cpu_count()):
            strangers = []
            for _ in range(100):
                strangers.append(socket.create_connection(("127.0.0.1", own.port("edge")), timeout=deployments.within(20)))
                strangers[-1].sendall(b"GET / HTTP/1.0\r\n\r\n")
            for stranger in strangers:
                with contextlib.suppress(ConnectionError):
                    stranger.recv(100)
                stranger.close()
            sent += len(strangers)
        return any("were not recorded" in record["rule"] for record in recorded())

    deployments.until(is_told, "each of a flood is recorded")
    records = recorded()
    named = [record for record in records if "CN=acme-app2" in record.get("subject", "")]
    assert named and "revoked" in named[0]["rule"] and named[0]["status"] == "OperationFailed"
    assert len(records) - len(named) < sent
    assert own.verify_audit("edge").returncode == 0


def test_issued_certificate_is_taken(shared):
    made = deployments.run("kcmctl", "pki", "issue", shared.folder, "--name", "fresh", "--organization", "acme", "--unit", "service")
    assert made.returncode == 0, made.stderr
    assert not refused(lambda: shared.client("fresh"))


def test_certificate_whose_role_is_unknown_gets_nothing(shared):
    made = deployments.run("kcmctl", "pki", "issue", shared.folder, "--name", "odd", "--organization", "acme", "--unit", "nobody")
    assert made.returncode == 0, made.stderr
    with shared.client("odd") as client:
        assert client.create().reason in ("PermissionDenied", "AuthenticationNotSuccessful")


def test_tls_1_1_is_refused(shared):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(shared.pki("ca.pem"))
    context.load_cert_chain(shared.pki("acme-app.pem"), shared.pki("acme-app.key"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(socket.create_connection(("127.0.0.1", shared.port("edge")), timeout=deployments.within(10)))


def test_plain_bytes_before_tls(shared, app, l4):
    with socket.create_connection(("127.0.0.1", shared.port("edge")), timeout=deployments.within(10)) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        try:
            while plain.recv(4096):
                pass
        except ConnectionError:
            pass
    assert app.get(l4).ok


MALFORMED = {
    "not TTLV": b"\x00" * 64,
    "text": b"GET /kmip HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a length of four gigabytes": bytes.fromhex("42007801fffffff8"),
    "another root tag": ttlv.encode(ttlv.structure("ResponseMessage")),
    "an empty message": ttlv.encode(ttlv.structure("RequestMessage")),
    "no header": ttlv.encode(ttlv.structure("RequestMessage", ttlv.structure("BatchItem", ttlv.enumeration("Operation", 10)))),
    "an inner length past the end": bytes.fromhex("42007801000000104200770100000080") + bytes(8),
    "an unknown type": bytes.fromhex("42007801000000104200770f0000000800000000ffffffff"),
    "random": os.urandom(256),
    "deep nesting": None,
}


def deep(levels):
    """A well-formed message whose authentication is nested so deep that a recursive reader would run out of stack."""
    item = b""
    for _ in range(levels):
        item = bytes.fromhex("42000c01") + len(item).to_bytes(4, "big") + item
    version = ttlv.encode(ttlv.structure("ProtocolVersion", ttlv.integer("ProtocolVersionMajor", 1), ttlv.integer("ProtocolVersionMinor", 4)))
    header = version + item + ttlv.encode(ttlv.integer("BatchCount", 1))
    header = bytes.fromhex("42007701") + len(header).to_bytes(4, "big") + header
    return bytes.fromhex("42007801") + len(header).to_bytes(4, "big") + header


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_messages(shared, app, l4, case):
    """Answered with Invalid Message or a closed connection; the daemon and other connections do not notice."""
    with shared.client("acme-app", timeout=deployments.within(10)) as client:
        try:
            client.send(MALFORMED[case] or deep(2_000))
            answer = client.receive()
        except (ConnectionError, ssl.SSLError):
            answer = None
        except TimeoutError:
            pytest.fail("neither an answer nor a close within 10 s")
    if answer is not None:
        assert answer.tag == "ResponseMessage"
        result = ttlv.Result(answer.child("BatchItem"))
        assert result.reason == "InvalidMessage", result
        assert result.message
    assert app.get(l4).ok


def test_half_a_message_and_a_close(shared, app, l4):
    message = ttlv.request(("Get", [ttlv.text("UniqueIdentifier", l4)]))
    for cut in range(1, len(message), 7):
        with shared.client("acme-app") as client:
            client.send(message[:cut])
    assert app.get(l4).ok


def test_a_message_byte_by_byte(shared, l4):
    with shared.client("acme-app") as client:
        for byte in ttlv.request(("Get", [ttlv.text("UniqueIdentifier", l4)])):
            client.send(bytes([byte]))
        assert ttlv.Result(client.receive().child("BatchItem")).ok


def test_requests_sent_at_once_are_answered_in_order(shared, l4):
    with shared.client("acme-app") as client:
        client.send(b"".join(ttlv.request(("Get", [ttlv.text("UniqueIdentifier", id_)])) for id_ in (l4, "L4-none", l4)))
        assert [ttlv.Result(client.receive().child("BatchItem")).ok for _ in range(3)] == [True, False, True]


def test_unknown_operation(app):
    assert app.call(0x99).reason == "OperationNotSupported"


def test_unknown_protocol_version(app):
    answer = app.call("Query", ttlv.enumeration("QueryFunction", 1), version=(9, 0))
    assert not answer.ok and answer.reason == "InvalidMessage"
