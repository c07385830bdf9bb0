"""Wrong configurations say what is wrong in one line; a Core that is away stops only what needs it."""

import re

import pytest

import deployment as deployments


def change(config, old, new):
    text = config.read_text()
    changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    assert changed != text, f"{old} is not in\n{text}"
    config.write_text(changed)


CASES = {
    "unknown key": (r"^node:", "nodee:", ["edge.yaml:", "nodee", "did you mean 'node'"]),
    "missing plugin": (r"plugin: *sqlite", "plugin: nosuch", ["nosuch"]),
    "missing file": (r"pki/ca\.pem", "pki/nosuch.pem", ["pki/nosuch.pem", "does not exist"]),
    "bad value": (r"port: *\d+", "port: no", ["edge.yaml:", "'no'", "65535"]),
    "wrong mode": (r"^mode: *edge", "mode: edge\nroot: {plugin: file}", ["edge.yaml:", "'root'", "mode core"]),
    "not YAML": (r"^node:.*", "node: [", ["edge.yaml:", "not YAML"]),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_configuration(own, case):
    old, new, words = CASES[case]
    change(own.edge.config, old, new)
    said = {}
    for name, arguments in {"check": ["--check"], "start": []}.items():
        done = deployments.run("kcmd", "--config", own.edge.config, *arguments)
        assert done.returncode != 0, name
        # A log may come before it; the error itself is one line, and the last.
        said[name] = [line for line in done.stderr.splitlines() if all(word in line for word in words)]
        assert len(said[name]) == 1, f"{name}: {done.stderr}"
        assert "Fatal error" not in done.stderr and "Backtrace" not in done.stderr
    assert said["check"] == said["start"]


def test_missing_configuration(tmp_path):
    done = deployments.run("kcmd", "--config", tmp_path / "none.yaml", "--check")
    assert done.returncode != 0
    assert "none.yaml" in done.stderr and len(done.stderr.splitlines()) == 1


def test_key_open_to_others_is_refused(own):
    own.pki("edge.key").chmod(0o644)
    done = deployments.run("kcmd", "--config", own.edge.config, "--check")
    assert done.returncode != 0
    assert "edge.key" in done.stderr and "chmod 600" in done.stderr


@pytest.mark.parametrize("side", ["core", "edge"])
def test_check_of_a_good_configuration(own, side):
    done = deployments.run("kcmd", "--config", own.folder / f"{side}.yaml", "--check")
    assert done.returncode == 0, done.stderr


def test_port_in_use_is_named(own):
    own.start()
    second = deployments.run("kcmd", "--config", own.edge.config, timeout=30)
    assert second.returncode != 0
    assert str(own.port("edge")) in second.stderr or "in use" in second.stderr


def test_core_away(own):
    own.start()
    with own.client("acme-admin", "core") as admin:
        l3 = admin.create("kek").identifier
        assert admin.activate(l3).ok
    with own.client("acme-app") as app:
        l4 = app.create("dek").identifier
        assert app.activate(l4).ok
        assert app.encrypt(l3, b"text").ok
        own.core.stop()

        refused = app.encrypt(l3, b"text")
        assert refused.reason == "GeneralFailure"
        assert "Core" in refused.message

        sealed = app.encrypt(l4, b"text")
        assert sealed.ok, sealed
        assert app.create("another").ok
        assert app.revoke(l4).ok and app.destroy(l4).ok

        own.core.start()
        assert app.encrypt(l3, b"text").ok
    assert [r["reason"] for r in own.audit_records("edge") if r["object"] == l3 and r["status"] != "Success"] == ["GeneralFailure"]


def test_edge_starts_without_core(own):
    own.edge.start()
    with own.client("acme-app") as app:
        refused = app.create("early")
        assert not refused.ok
        assert refused.reason == "GeneralFailure" and "Core" in refused.message


def conversation(deployment):
    """What any keystore must serve alike."""
    with deployment.client("acme-app") as app:
        made = app.create("swap")
        assert made.ok, made
        assert app.activate(made.identifier).ok
        sealed = app.encrypt(made.identifier, b"text")
        opened = app.decrypt(
            made.identifier, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag")
        )
        assert opened.get("Data") == b"text"
        assert app.locate(name="swap").identifiers == [made.identifier]
        assert app.revoke(made.identifier).ok
        assert app.destroy(made.identifier).ok
        assert app.locate(name="swap").identifiers == []


@pytest.mark.parametrize("keystore", ["sqlite", "memory"])
def test_keystores_are_swapped_by_configuration_alone(tmp_path, keystore):
    made = deployments.Deployment(tmp_path / "kcm", keystore=keystore)
    try:
        made.start()
        conversation(made)
        made.stop()
    finally:
        made.abandon()


def test_keystore_swapped_in_the_file(own):
    change(own.edge.config, r"^keystore:.*(\n +.*)*", "keystore: {plugin: memory}")
    own.start()
    conversation(own)
