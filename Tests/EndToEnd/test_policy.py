"""Policies of one's own against real daemons: granted, refused, reloaded, explained."""

import json
import signal

import pytest

import deployment as deployments
import ttlv
from test_encodings import attribute, call, each, find, request
from test_https import connect

EXPLAIN = ("policy", "explain")


def write(own, side, policy, *, inline=False):
    config = own.folder / f"{side}.yaml"
    if inline:
        config.write_text(config.read_text() + "\npolicy:\n" + "".join(f"  {line}\n" for line in policy.splitlines()))
    else:
        (own.folder / "policy.yaml").write_text(policy)
        if "policy:" not in config.read_text():
            config.write_text(config.read_text() + "\npolicy: policy.yaml\n")


def reload(daemon, says):
    before = len(daemon.log.read_text())
    daemon.process.send_signal(signal.SIGHUP)
    deployments.until(lambda: says in daemon.log.read_text()[before:], f"{daemon.name} never said: {says}")
    return daemon.log.read_text()[before:]


ORDERS = """
roles:
  service:
    - {operations: "*", levels: [L4], types: [SymmetricKey], names: [orders-]}
  auditor:
    - {operations: [Locate], levels: [L4]}
"""


def test_a_policy_file_is_served_and_reloaded(own):
    write(own, "edge", ORDERS)
    own.start()
    with own.client("acme-app") as client:
        made = client.create(name="orders-1")
        assert made.ok, made.message
        assert client.create(name="payroll-1").reason == "PermissionDenied"
        record = own.audit_records("edge")[-1]
        assert record["rule"].endswith("policy.yaml:4: object out of reach"), record["rule"]

        # A bad file keeps the old policy, and the log says why.
        write(own, "edge", "roles:\n  service:\n    - {operations: [Creat], levels: [L4]}\n")
        said = reload(own.edge, "nothing was reloaded")
        assert "policy.yaml:3" in said and "did you mean 'Create'?" in said
        assert client.create(name="orders-2").ok
        assert client.create(name="payroll-1").reason == "PermissionDenied"

        # A good one holds at once, on open connections too.
        write(own, "edge", "extends: built-in\n")
        reload(own.edge, "are reloaded")
        assert client.create(name="payroll-1").ok
    own.stop()


@pytest.mark.parametrize("inline", [True, False])
def test_a_wrong_policy_stops_the_start(own, inline):
    write(own, "edge", "roles:\n  service:\n    - {operations: [Encript], levels: [L4]}", inline=inline)
    for arguments in (["--check"], []):
        done = deployments.run("kcmd", "--config", own.folder / "edge.yaml", *arguments)
        assert done.returncode == 1 and "did you mean 'Encrypt'?" in done.stderr
    file = own.folder / ("edge.yaml" if inline else "policy.yaml")
    assert f"{file}:" in done.stderr


def test_check_tells_good_from_bad(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(ORDERS)
    good = deployments.run("kcmctl", "policy", "check", file)
    assert good.returncode == 0 and "2 rules for the roles auditor, service" in good.stdout
    file.write_text("roles:\n  a:\n    - {operations: [Get], level: [L4]}\n")
    bad = deployments.run("kcmctl", "policy", "check", file)
    assert bad.returncode == 1 and f"{file}:3: unknown key 'level' in roles.a[1], did you mean 'levels'?" in bad.stderr


def explain(own, side, name, operation, *more):
    done = deployments.run(
        "kcmctl", *EXPLAIN, "--config", own.folder / f"{side}.yaml", "--cert", own.pki(f"{name}.pem"), "--operation", operation, "--json", *more)
    assert done.returncode in (0, 1), done.stderr
    said = json.loads(done.stdout)
    assert said["allowed"] == (done.returncode == 0)
    return said


def test_explain_agrees_with_the_daemons(own):
    l3, l4 = "L3-00000000-0000-4000-8000-000000000000", "L4-00000000-0000-4000-8000-000000000000"
    said = explain(own, "edge", "acme-app", "Encrypt", "--object", l3)
    assert said["allowed"] and said["delegated"] and said["rule"] == "service-l3-use"
    assert said["principal"] == {"tenant": "acme", "service": "acme-app", "roles": ["service"]}
    assert explain(own, "edge", "acme-app", "Get", "--object", l3)["rule"] == "level-separation"
    assert explain(own, "core", "acme-admin", "Create", "--level", "L4")["rule"] == "level-separation"
    assert explain(own, "core", "acme-app", "Encrypt", "--object", l3)["rule"] == "default-deny"
    edge = ("--via", own.pki("edge.pem"))
    assert explain(own, "core", "acme-app", "Encrypt", "--object", l3, *edge)["allowed"]
    assert explain(own, "core", "acme-app", "Encrypt", "--object", l3, "--via", own.pki("acme-admin.pem"))["rule"] == "headers-from-edges-only"
    assert explain(own, "edge", "acme-auditor", "Query")["rule"] == "server-information"

    write(own, "edge", ORDERS)
    assert explain(own, "edge", "acme-app", "Get", "--object", l4)["rule"].endswith("policy.yaml:4: object out of reach")
    assert explain(own, "edge", "acme-app", "Get", "--object", l4, "--type", "SymmetricKey", "--name", "orders-1")["allowed"]
    assert not explain(own, "edge", "acme-app", "Get", "--object", l4, "--type", "SymmetricKey", "--name", "payroll")["allowed"]
    text = deployments.run("kcmctl", *EXPLAIN, "--config", own.folder / "edge.yaml", "--cert", own.pki("acme-app.pem"), "--operation", "Destroy", "--object", l4)
    assert text.returncode == 1 and "names that start with orders-" in text.stdout
    wrong = deployments.run("kcmctl", *EXPLAIN, "--config", own.folder / "edge.yaml", "--cert", own.pki("acme-app.pem"), "--operation", "Destory")
    assert wrong.returncode == 2


@each
def test_no_encoding_crosses_levels(shared, l3, l4, form, media):
    def outcome(connection, operation, *fields):
        answer = call(connection, form, media, request(operation, *fields))
        return find(answer, "BatchItem", "ResultReason")

    def create(level):
        return ("Create", ("ObjectType", ("Enumeration", "SymmetricKey")), ("TemplateAttribute", [
            attribute("Cryptographic Algorithm", "Enumeration", "AES"), attribute("Cryptographic Length", "Integer", 256),
            attribute("Cryptographic Usage Mask", "Integer", "Encrypt|Decrypt"), attribute("x-OpenKCM-Level", "TextString", level),
        ]))

    def uid(identifier):
        return ("UniqueIdentifier", ("TextString", identifier))

    core = connect(shared, "acme-admin", "core")
    assert outcome(core, *create("L4")) == "PermissionDenied"
    assert outcome(core, "Locate", attribute("x-OpenKCM-Level", "TextString", "L4")) == "PermissionDenied"
    assert outcome(core, "Locate", attribute("Unique Identifier", "TextString", l4)) == "PermissionDenied"
    assert outcome(core, "Get", uid(l4)) == "PermissionDenied"
    assert outcome(core, "Destroy", uid(l4)) == "PermissionDenied"
    edge = connect(shared, "acme-app", "edge")
    for level in ("L2", "L3"):
        assert outcome(edge, *create(level)) == "PermissionDenied"
        assert outcome(edge, "Locate", attribute("x-OpenKCM-Level", "TextString", level)) == "PermissionDenied"
    assert outcome(edge, "Get", uid(l3)) == "PermissionDenied"
    assert outcome(edge, "Locate", attribute("Unique Identifier", "TextString", l3)) == "PermissionDenied"
