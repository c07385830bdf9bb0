"""POST /kmip, and the headers by which an edge speaks for its clients."""

import base64
import http.client
import ssl

import pytest

import deployment as deployments
import ttlv


def connect(shared, name, side="core"):
    context = ssl.create_default_context(cafile=shared.pki("ca.pem"))
    context.load_cert_chain(shared.pki(f"{name}.pem"), shared.pki(f"{name}.key"))
    port = shared.base + (deployments.CORE_HTTPS if side == "core" else deployments.EDGE_HTTPS)
    return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=deployments.within(10))


def post(connection, body, path="/kmip", **headers):
    named = {"Content-Type": "application/octet-stream"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, named)
    answer = connection.getresponse()
    return answer, answer.read()


def result(body):
    return ttlv.Result(ttlv.decode(body).child("BatchItem"))


def query():
    return ttlv.request(("Query", [ttlv.enumeration("QueryFunction", 1)]))


def byte_sequence(shared, name):
    return f":{base64.b64encode(ssl.PEM_cert_to_DER_cert(shared.pki(f'{name}.pem').read_text())).decode()}:"


@pytest.mark.parametrize("side", ["core", "edge"])
def test_requests_on_a_kept_connection(shared, side):
    connection = connect(shared, "acme-admin" if side == "core" else "acme-app", side)
    for _ in range(3):
        answer, body = post(connection, query())
        assert answer.status == 200 and answer.getheader("Content-Type") == "application/octet-stream"
        assert result(body).ok


def test_what_is_not_a_kmip_post(shared):
    connection = connect(shared, "acme-admin")
    assert post(connection, query(), path="/")[0].status == 404
    assert post(connection, query(), Content_Type="text/plain")[0].status == 415
    connection.request("GET", "/kmip")
    answer = connection.getresponse()
    assert answer.status == 405 and answer.getheader("Allow") == "POST" and answer.read() == b""
    assert result(post(connection, b"no KMIP at all")[1]).reason == "InvalidMessage"


def test_a_body_over_the_limit(shared):
    answer, _ = post(connect(shared, "acme-admin"), bytes(9 << 20))
    assert answer.status == 413


@pytest.mark.parametrize("name", ["acme-app", "acme-admin", "acme-auditor"])
def test_only_an_edge_may_send_client_cert(shared, name):
    for headers in ({"Client_Cert": byte_sequence(shared, "acme-app")}, {"OpenKCM_Tenant": "acme"}):
        assert result(post(connect(shared, name), query(), **headers)[1]).reason == "PermissionDenied"
    # The shared Edge renews its leases at any time.
    record = [one for one in shared.audit_records("core") if one.get("service") != "edge"][-1]
    assert record["rule"] == "headers-from-edges-only" and record["service"] == name


def test_what_an_edge_may_not_pass_on(shared):
    expired = deployments.run(
        "kcmctl", "pki", "issue", shared.folder, "--name", "stale", "--organization", "acme", "--unit", "service",
        "--not-after", "2020-01-01T00:00:00Z",
    )
    assert expired.returncode == 0
    connection = connect(shared, "edge")
    assert result(post(connection, query(), Client_Cert=byte_sequence(shared, "acme-app"))[1]).ok
    assert result(post(connection, query(), Client_Cert=byte_sequence(shared, "stale"))[1]).reason == "AuthenticationNotSuccessful"
    both = {"Client_Cert": byte_sequence(shared, "acme-app"), "OpenKCM_Tenant": "acme"}
    assert result(post(connection, query(), **both)[1]).reason == "PermissionDenied"
    assert result(post(connect(shared, "edge"), query(), Client_Cert="no byte sequence")[1]).reason == "InvalidMessage"
    # A byte sequence that is no certificate.
    assert not result(post(connect(shared, "edge"), query(), Client_Cert=":AAAA:")[1]).ok
