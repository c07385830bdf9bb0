"""A keystore moved from plugin to plugin keeps every key, whatever interrupts the copy."""

import json
import os
import signal
import sqlite3
import subprocess
import time

import deployment as deployments
import ttlv

# Each store in turn takes what the one before it held.
CHAIN = [("lmdb", "edge.lmdb"), ("file", "edge.files"), ("sqlite", "edge-second.sqlite")]
TENANTS = {"acme": ["acme-app", "acme-admin"], "globex": ["globex-app", "globex-admin"]}


def store_file(own, side, plugin, name):
    """A configuration with the keystore alone."""
    settings = "" if plugin == "memory" else f", settings: {{path: data/{name}}}"
    path = own.folder / f"{side}-{name}.yaml"
    path.write_text(f"keystore: {{plugin: {plugin}{settings}}}\n")
    return path


def use(own, side, plugin, name):
    """Lets the daemon itself run on that keystore."""
    config = own.folder / f"{side}.yaml"
    lines = config.read_text().splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("keystore:"))
    lines[at] = f"keystore: {{plugin: {plugin}, settings: {{path: data/{name}}}}}"
    config.write_text("\n".join(lines) + "\n")


def fill(own):
    """L4 keys of both tenants at Edge with something sealed under each, in several states."""
    sealed = []
    for tenant, (service, _) in TENANTS.items():
        with own.client(service) as client:
            for number in range(6):
                key = client.create(f"{tenant}-{number}").identifier
                assert client.activate(key).ok
                answer = client.encrypt(key, f"text {number}".encode())
                assert answer.ok, answer
                if number == 5:
                    assert client.revoke(key).ok
                sealed.append((service, key, number, answer.get("Data"), answer.get("IVCounterNonce"), answer.get("AuthenticatedEncryptionTag")))
    return sealed


def check(own, sealed):
    """Every key opens what it sealed before, and is found under its name."""
    for service, key, number, data, iv, tag in sealed:
        with own.client(service) as client:
            opened = client.decrypt(key, data, iv=iv, tag=tag)
            assert opened.ok, opened
            assert opened.get("Data") == f"text {number}".encode()
            assert client.locate(name=f"{service.split('-')[0]}-{number}").identifiers == [key]


def test_keys_survive_every_plugin(own):
    own.start()
    sealed = fill(own)
    own.stop()
    previous = own.edge.config
    for plugin, name in CHAIN:
        target = store_file(own, "edge", plugin, name)
        done = deployments.run("kcmctl", "keystore", "copy", "--from", previous, "--to", target, "--json")
        assert done.returncode == 0, done.stderr
        copied = json.loads(done.stdout)
        assert copied["to"] == plugin
        assert {row["tenant"]: row["written"] == row["records"] for row in copied["tenants"]} == {"acme": True, "globex": True}
        stat = json.loads(deployments.run("kcmctl", "keystore", "stat", target, "--json").stdout)
        assert stat["plugin"] == plugin and stat["format"] == 2
        verified = deployments.run("kcmctl", "keystore", "verify", target)
        assert verified.returncode == 0, verified.stderr
        assert [row["sha256"] for row in stat["tenants"]] == [row["sha256"] for row in copied["tenants"]]
        use(own, "edge", plugin, name)
        own.start()
        check(own, sealed)
        sealed.append(more(own, plugin))
        own.stop()
        previous = target


def more(own, plugin):
    """A key made on the new keystore moves on with the others."""
    with own.client("acme-app") as client:
        key = client.create(f"acme-{plugin}").identifier
        assert client.activate(key).ok
        answer = client.encrypt(key, f"text {plugin}".encode())
        assert answer.ok, answer
        return ("acme-app", key, plugin, answer.get("Data"), answer.get("IVCounterNonce"), answer.get("AuthenticatedEncryptionTag"))


def test_killed_copy_goes_on(own):
    own.start()
    sealed = fill(own)
    with own.client("acme-app") as client:
        for number in range(400):
            assert client.create(f"bulk-{number}").ok
    own.stop()
    began = time.monotonic()
    whole = deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", store_file(own, "edge", "sqlite", "whole.sqlite"))
    took = time.monotonic() - began
    assert whole.returncode == 0, whole.stderr
    target = store_file(own, "edge", "sqlite", "second.sqlite")
    command = [str(deployments.BIN / "kcmctl"), "keystore", "copy", "--from", str(own.edge.config), "--to", str(target)]
    # From before the first record to the end.
    parts = 0
    for attempt in range(24):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=deployments.environment())
        time.sleep(took * (attempt + 1) / 24)
        process.send_signal(signal.SIGKILL)
        process.wait()
        stat = json.loads(deployments.run("kcmctl", "keystore", "stat", target, "--json").stdout)
        if stat["unfinished_copy_of"]:
            parts += 1
        elif stat["tenants"]:
            break
    assert parts > 0, "no copy was interrupted"
    if stat["unfinished_copy_of"]:
        done = deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", target)
        assert done.returncode == 0, done.stderr
    use(own, "edge", "sqlite", "second.sqlite")
    own.start()
    check(own, sealed)


def test_no_daemon_starts_on_a_part(own):
    own.start()
    fill(own)
    own.stop()
    target = store_file(own, "edge", "sqlite", "second.sqlite")
    done = deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", target)
    assert done.returncode == 0, done.stderr
    # What an interruption before the last step leaves.
    with sqlite3.connect(own.folder / "data" / "second.sqlite") as store:
        store.execute("INSERT INTO entry SELECT name_space, CAST('copy' AS BLOB), CAST('elsewhere' AS BLOB), 1 FROM entry WHERE key = CAST('format' AS BLOB)")
    store.close()
    use(own, "edge", "sqlite", "second.sqlite")
    started = deployments.run("kcmd", "--config", own.edge.config)
    assert started.returncode != 0
    assert "unfinished copy of elsewhere" in started.stderr and "kcmctl keystore copy" in started.stderr


def test_records_of_a_newer_version_are_refused(own):
    own.start()
    own.stop()
    with sqlite3.connect(own.folder / "data" / "edge.sqlite") as store:
        assert store.execute("UPDATE entry SET value = CAST('3' AS BLOB) WHERE key = CAST('format' AS BLOB)").rowcount == 1
    store.close()
    for tool in (["kcmd", "--config"], ["kcmctl", "keystore", "stat"]):
        refused = deployments.run(*tool, own.edge.config)
        assert refused.returncode != 0
        lines = [line for line in refused.stderr.splitlines() if "format 3" in line]
        assert len(lines) == 1 and "reads formats 1 to 2" in lines[0], refused.stderr


def test_copy_refuses_what_it_must(own):
    own.start()
    target = store_file(own, "edge", "sqlite", "second.sqlite")
    # The daemon holds the source.
    busy = deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", target)
    assert busy.returncode == 1 and len(busy.stderr.splitlines()) == 1, busy.stderr
    with own.client("acme-app") as client:
        assert client.create("one").ok
    own.stop()
    assert deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", target).returncode == 0
    again = deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", target)
    assert again.returncode == 1 and "empty keystore" in again.stderr
    missing = deployments.run("kcmctl", "keystore", "copy", "--from", own.folder / "none.yaml", "--to", target)
    assert missing.returncode == 1 and "none.yaml" in missing.stderr


def test_no_secret_is_copied_in_the_clear(own):
    own.start()
    with own.client("acme-app") as client:
        secret = ttlv.key_bytes(client.get(client.create("plain").identifier))
        assert len(secret) == 32
    own.stop()
    target = store_file(own, "edge", "sqlite", "second.sqlite")
    assert deployments.run("kcmctl", "keystore", "copy", "--from", own.edge.config, "--to", target).returncode == 0
    for name in os.listdir(own.folder / "data"):
        assert secret not in (own.folder / "data" / name).read_bytes(), name
