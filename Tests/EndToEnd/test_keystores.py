"""Every shipped plugin passes the kit, and every pair of store and root of trust carries a Core, every store an Edge."""

import json
import os
import re
import shlex
import subprocess

import pytest

import deployment as deployments
from test_faults import conversation
from test_pkcs11 import MODULE, shell, shell_blocks

ROUNDS = os.environ.get("KCM_KIT_ROUNDS", "25")
STORES = ["sqlite", "lmdb", "file", "memory", "pkcs11"]


@pytest.fixture
def token(tmp_path, monkeypatch):
    """A folder with a token, made as the plugin's page says."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "hsm" / "softhsm2.conf"))
    shell(tmp_path, shell_blocks()[0])
    return tmp_path / "hsm"


def check(library, *options):
    """The kit's report by check."""
    done = deployments.run("kcmctl", "plugin", "check", library, "--json", "--rounds", ROUNDS, *options, timeout=600)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    outcomes = {one["check"]: one for one in report["checks"]}
    failed = [one for one in outcomes.values() if one["result"] == "fail"]
    assert not failed, failed
    assert done.returncode == 0
    return outcomes


def passed(outcomes):
    return {name for name, one in outcomes.items() if one["result"] == "pass"}


@pytest.mark.parametrize("store", ["sqlite", "lmdb", "file"])
def test_the_kit_passes_on_a_durable_store(store):
    outcomes = check(store, "--settings", "path={dir}/store", "--skip", "root")
    assert {"store.durable.crash", "store.restore", "store.threads.counters", "store.verify", "store.memory", "plugin.memory"} & passed(outcomes) >= {
        "store.durable.crash", "store.restore", "store.threads.counters", "store.verify",
    }
    assert len(passed(outcomes)) >= 70


def test_the_kit_passes_on_memory():
    assert len(passed(check("memory"))) >= 60


def test_the_kit_passes_on_a_root_in_a_file(tmp_path):
    key = tmp_path / "root.key"
    key.write_text(f"kcm-root-key-1\n1 {'5a' * 32}\n")
    key.chmod(0o600)
    outcomes = check("file", "--settings", f"path={key}", "--only", "root", "plugin.load", "plugin.symbols")
    assert len(passed(outcomes)) >= 20


def test_the_kit_passes_on_a_token(token):
    common = [f"module={MODULE}", "token=kcm", f"pin_file={token / 'pin'}"]
    root = check("pkcs11", "--settings", *common, "key={id}", "create=yes", "--only", "root", "--skip", "root.memory")
    assert len(passed(root)) >= 20
    # A token writes a dozen files for each object: fewer kills, and no valgrind, under which PKCS11ProcessTests has it already.
    store = check("pkcs11", "--settings", *common, "name={id}", "lock_file={dir}/lock", "--only", "store", "--skip", "store.memory", "--rounds", "5")
    assert len(passed(store)) >= 60 and "store.durable.crash" in passed(store)


def settings(store, side, token):
    if store == "memory":
        return "{plugin: memory}"
    if store == "pkcs11":
        return f"{{plugin: pkcs11, settings: {{module: {MODULE}, token: kcm, pin_file: {token / 'pin'}, name: {side}}}}}"
    return f"{{plugin: {store}, settings: {{path: data/{side}.{store}}}}}"


def replace(config, section, value):
    text, count = re.subn(rf"^{section}:.*$", f"{section}: {value}", config.read_text(), flags=re.MULTILINE)
    assert count == 1
    config.write_text(text)


# Each of Core's pairs, with Edge's stores in turn.
PAIRS = [(core, root, edge) for number, core in enumerate(STORES) for root, edge in (("file", STORES[number]), ("pkcs11", STORES[(number + 1) % 5]))]


@pytest.mark.parametrize("core, root, edge", PAIRS)
def test_every_pair_holds_the_conversation(own, token, core, root, edge):
    replace(own.core.config, "keystore", settings(core, "core", token))
    replace(own.edge.config, "keystore", settings(edge, "edge", token))
    if root == "pkcs11":
        replace(own.core.config, "root", f"{{plugin: pkcs11, settings: {{module: {MODULE}, token: kcm, pin_file: {token / 'pin'}, create: yes}}}}")
    own.start()
    conversation(own)
    with own.client("acme-admin", "core") as admin:
        l3 = admin.create("kept").identifier
        assert admin.activate(l3).ok
    with own.client("acme-app") as app:
        l4 = app.create("kept").identifier
        assert app.activate(l4).ok
        sealed = app.encrypt(l3, b"text")
        assert sealed.ok
    own.core.kill()
    own.edge.kill()
    if "memory" in (core, edge):
        return
    own.start()
    with own.client("acme-app") as app:
        opened = app.decrypt(l3, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"))
        assert opened.get("Data") == b"text"
        assert app.encrypt(l4, b"text").ok


def test_the_kit_says_what_fails_and_how(tmp_path):
    """Exit codes and words of the command: a plugin with a fault, none at all, and wrong usage."""
    fixture = deployments.ROOT / "Tests/KCMPluginKitTests/Fixtures/store.c"
    library = tmp_path / "libkcm-kit.so"
    options = f"-std=c11 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden -DFAULT=BLEED -I{deployments.ROOT}/plugin-sdk/include"
    subprocess.run(["gcc", *shlex.split(options), fixture, "-o", library], check=True)
    bad = deployments.run("kcmctl", "plugin", "check", library, "--settings", "path={dir}/store", "--only", "store.namespaces", "store.put")
    assert bad.returncode == 1
    lines = {line.split()[1]: line.split()[0] for line in bad.stdout.splitlines() if len(line.split()) > 1}
    assert lines["store.namespaces.isolation"] == "FAIL" and lines["store.put"] == "pass", bad.stdout
    listed = deployments.run("kcmctl", "plugin", "check", "--list")
    assert listed.returncode == 0 and "store.durable.crash" in listed.stdout
    missing = deployments.run("kcmctl", "plugin", "check", tmp_path / "none.so")
    assert missing.returncode == 1 and "plugin.load" in missing.stdout
    assert deployments.run("kcmctl", "plugin", "check").returncode == 2
    assert deployments.run("kcmctl", "plugin", "check", "memory", "--only", "nothing.such").returncode != 0
