"""Edge's way to Core when Core is dead, hung, replaced, or comes and goes; each kind of failure is told apart."""

import re
import signal
import time
import urllib.request

import pytest

import deployment as deployments
import ttlv

TEXT = b"order 4711"


def edit(deployment, old, new):
    config = deployment.edge.config
    text = config.read_text()
    changed = re.sub(old, new, text, count=1)
    assert changed != text
    config.write_text(changed)


def core_url(deployment):
    return f"https://127.0.0.1:{deployment.base + deployments.CORE_HTTPS}/kmip"


def active_l3(deployment):
    with deployment.client("acme-admin", "core") as admin:
        made = admin.create("kek")
        assert admin.activate(made.identifier).ok
    return made.identifier


def metric(deployment, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{deployment.edge.admin_port}/metrics", timeout=deployments.within(5)) as answer:
        text = answer.read().decode()
    found = re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else 0


def outcome(deployment, kind):
    return metric(deployment, f'kcm_core_requests_total{{outcome="{kind}"}}')


def assert_failure(deployment, app, l3, kind, words):
    """One failure says its kind in the Result Message, the metric, the audit record and the log."""
    before = outcome(deployment, kind)
    answer = app.encrypt(l3, TEXT)
    assert answer.reason == "GeneralFailure" and words in answer.message, answer
    assert outcome(deployment, kind) == before + 1
    record = [one for one in deployment.audit_records("edge") if one["object"] == l3][-1]
    assert record["rule"] == f"core-{kind}" and record["status"] == "OperationFailed", record
    log = deployment.edge.log.read_text()
    assert core_url(deployment) in log
    assert any(record["trace"] in line and core_url(deployment) in line for line in log.splitlines()), "the log leads to no audit record"


def until_ok(action):
    deployments.until(lambda: action().ok)


def test_killed_core_opens_the_circuit_and_is_found_again(own):
    own.start()
    l3 = active_l3(own)
    with own.client("acme-app") as app:
        assert app.encrypt(l3, TEXT).ok
        own.core.kill()
        assert_failure(own, app, l3, "unreachable", "not reachable")
        for _ in range(5):
            app.encrypt(l3, TEXT)
        gauge = f'kcm_core_circuit_state{{url="{core_url(own)}"}}'
        assert metric(own, gauge) == 2
        began = time.monotonic()
        answers = [app.encrypt(l3, TEXT) for _ in range(20)]
        assert time.monotonic() - began < deployments.within(5)
        assert any("asked again in a moment" in answer.message for answer in answers)
        assert outcome(own, "circuit-open") > 0
        assert "circuit to Core" in own.edge.log.read_text()
        own.core.start()
        until_ok(lambda: app.encrypt(l3, TEXT))
        assert metric(own, gauge) == 0
        assert "its circuit is closed" in own.edge.log.read_text()


def test_a_hung_core_is_timed_out(own):
    edit(own, r"timeout: \w+", "timeout: 2s")
    own.start()
    l3 = active_l3(own)
    with own.client("acme-app") as app:
        assert app.encrypt(l3, TEXT).ok
        own.core.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            # The connection that is open, and then a new one.
            for _ in range(2):
                assert_failure(own, app, l3, "timeout", "did not answer in time")
            assert time.monotonic() - began < deployments.within(10)
        finally:
            own.core.process.send_signal(signal.SIGCONT)
        until_ok(lambda: app.encrypt(l3, TEXT))


def test_an_impostor_gets_nothing(own, tmp_path):
    own.start()
    l3 = active_l3(own)
    with own.client("acme-app") as app:
        assert app.encrypt(l3, TEXT).ok
        own.core.stop()
        made = deployments.run("kcmctl", "init", tmp_path / "other", "--base-port", own.base)
        assert made.returncode == 0, made.stderr
        other = deployments.Daemon("Impostor", tmp_path / "other" / "core.yaml", own.core.admin_port, tmp_path / "impostor.log")
        other.start()
        try:
            assert_failure(own, app, l3, "untrusted", "not trusted")
        finally:
            other.kill()
        own.core.start()
        until_ok(lambda: app.encrypt(l3, TEXT))


def test_core_refuses_an_edge_whose_certificate_is_revoked(own):
    own.start()
    l3 = active_l3(own)
    assert deployments.run("kcmctl", "pki", "revoke", own.folder, "edge").returncode == 0
    # Core restarts with the list; Edge need not believe it of itself.
    own.core.stop()
    own.core.start()
    with own.client("acme-app") as app:
        answer = app.encrypt(l3, TEXT)
        assert answer.reason == "GeneralFailure" and ("refuses" in answer.message or "not reachable" in answer.message), answer


@pytest.mark.parametrize("wrong", ["expired", "client only", "another name", "revoked"])
def test_a_core_with_a_wrong_certificate_is_not_trusted(own, wrong):
    arguments = {
        "expired": ["--ip", "127.0.0.1", "--not-after", "2020-01-01T00:00:00Z"],
        "client only": [],
        "another name": ["--dns", "elsewhere.test"],
        "revoked": ["--ip", "127.0.0.1"],
    }[wrong]
    made = deployments.run(
        "kcmctl", "pki", "issue", own.folder, "--name", "core", "--organization", "openkcm", "--unit", "core", *arguments
    )
    assert made.returncode == 0, made.stderr
    if wrong == "revoked":
        assert deployments.run("kcmctl", "pki", "revoke", own.folder, "core").returncode == 0
    own.core.start()
    own.edge.start()
    with own.client("acme-app") as app:
        assert_failure(own, app, "L3-00000000-0000-4000-8000-000000000000", "untrusted", "not trusted")
    log = own.edge.log.read_text()
    assert {"expired": "expired", "client only": "purpose", "another name": "mismatch", "revoked": "revoked"}[wrong] in log


def test_a_dead_url_is_passed_over(own):
    """The first URL is a port that nobody listens on."""
    dead = f"https://127.0.0.1:{own.base + 3}/kmip"
    edit(own, r'url: "[^"]*"', f'url: ["{dead}", "{core_url(own)}"]')
    own.start()
    l3 = active_l3(own)
    with own.client("acme-app") as app:
        for _ in range(10):
            assert app.encrypt(l3, TEXT).ok
    assert outcome(own, "unreachable") == 0
    assert metric(own, f'kcm_core_connections{{url="{core_url(own)}"}}') == 1, "kept alive"


def test_a_flapping_core_costs_no_request_while_it_is_up(own):
    own.start()
    l3 = active_l3(own)
    with own.client("acme-app") as app:
        for _ in range(4):
            until_ok(lambda: app.encrypt(l3, TEXT))
            own.core.stop()
            own.core.start()
            # The connections from before are closed; a new one is made without the client noticing.
            assert app.encrypt(l3, TEXT).ok


def test_batches_mix_levels(own):
    """Each item goes where its object is, in order, with the ID Placeholder and the continuation option of the whole."""
    own.start()
    l3 = active_l3(own)

    def encrypt(identifier):
        return ("Encrypt", [
            ttlv.text("UniqueIdentifier", identifier) if identifier else None, ttlv.parameters(ttlv.GCM, None, True), ttlv.octets("Data", TEXT),
        ])

    with own.client("acme-app") as app:
        l4 = app.create("dek").identifier
        assert app.activate(l4).ok
        results = app.batch(encrypt(l3), encrypt(l4), encrypt(l3))
        assert [one.ok for one in results] == [True] * 3
        assert [one.identifier for one in results] == [l3, l4, l3]
        never = "L3-00000000-0000-4000-8000-000000000000"
        stopped = app.batch(encrypt(l4), encrypt(never), encrypt(l4))
        assert [one.ok for one in stopped] == [True, False], "Stop is the default"
        on = app.batch(encrypt(l4), encrypt(never), encrypt(l3), header=[ttlv.enumeration(0x42000E, 1)])
        assert [one.ok for one in on] == [True, False, True]
        placed = app.batch(("Locate", [ttlv.name_attribute("dek")]), encrypt(None), encrypt(l3), encrypt(None))
        assert [one.ok for one in placed] == [True] * 4
        assert [one.identifier for one in placed[1:]] == [l4, l3, l4]
    levels = [record["level"] for record in own.audit_records("edge") if record["operation"] == "Encrypt"]
    assert levels[:3] == ["L3", "L4", "L3"]
