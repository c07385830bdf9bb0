"""Rotation, change of the signing key, and the counters of the audit log, with real daemons."""

import json
import re
import shutil
import threading
import time
import urllib.request

import pytest

import deployment


def metrics(daemon):
    with urllib.request.urlopen(f"http://127.0.0.1:{daemon.admin_port}/metrics", timeout=deployment.within(5)) as answer:
        return {name: int(value) for name, value in re.findall(r"^(kcm_audit_\w+) (\d+)$", answer.read().decode(), re.M)}


def archives(own, side="edge"):
    log = own.audit_log(side)
    # Not the one that is made ready for the next rotation.
    return sorted(log.parent.glob(log.name + ".[0-9]*"))


@pytest.mark.parametrize("durability", ["write", "fsync"])
def test_a_busy_log_is_rotated_by_size(own, durability):
    """Every answer comes, none is slow, and the set of files verifies in any order; with one file missing it does not."""
    own.set_audit("edge", f"durability: {durability}, rotate: {{size: 16KiB}}")
    own.start()
    stop, slowest, done = threading.Event(), [0.0], [0]

    def load():
        with own.client("acme-app") as app:
            key = app.create().identifier
            assert app.activate(key).ok
            while not stop.is_set():
                began = time.monotonic()
                assert app.encrypt(key, b"text").ok
                slowest[0] = max(slowest[0], time.monotonic() - began)
                done[0] += 1

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        deployment.until(lambda: len(archives(own)) >= 3, "it is not rotated")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    counted = metrics(own.edge)
    own.edge.stop()
    kept = archives(own)
    # One may have been under way.
    assert counted["kcm_audit_rotations_total"] <= len(kept) <= counted["kcm_audit_rotations_total"] + 1
    files = [own.audit_log("edge"), *kept]
    verified = own.verify_audit("edge", *files, expect=counted["kcm_audit_sequence"])
    report = json.loads(verified.stdout)
    assert verified.returncode == 0, verified.stdout
    assert report["ends_in_close"] and not report["continues_earlier_file"]
    # Encrypts, and Create and Activate of each.
    assert report["items"] >= done[0] + 6
    assert own.verify_audit("edge", *reversed(files)).returncode == 0
    middle = sorted(kept, key=lambda path: int(path.suffix[1:]))[1]
    assert own.verify_audit("edge", *[path for path in files if path != middle]).returncode == 1
    assert slowest[0] < deployment.within(10)
    print(f"{done[0]} requests, the slowest {slowest[0] * 1000:.0f} ms, over {len(kept)} rotations")


def test_a_rotation_that_waits_for_the_disk_holds_up_nobody(own):
    """With `durability: write` an answer waits for no medium, so neither does it for what a rotation waits for."""
    hang, syncs = own.folder / "hang", own.folder / "syncs"
    own.edge.preload("disk", SYNC_HANG=hang, SYNC_LOG=syncs)
    own.set_audit("edge", "durability: write, rotate: {size: 16KiB}")
    own.start()
    syncs.write_text("")
    # While the file is there it would be without end.
    limit = deployment.within(15)
    with own.client("acme-app") as first, own.client("acme-app") as second, own.client("acme-app") as third:
        key = first.create().identifier
        assert first.activate(key).ok
        hang.write_text("edge-audit.jsonl")
        deployment.until(lambda: first.encrypt(key, b"text").ok and "edge-audit.jsonl" in syncs.read_text(), "no rotation begins")
        for client in (first, second, third):
            began = time.monotonic()
            assert client.create().ok
            assert client.encrypt(key, b"text").ok
            assert time.monotonic() - began < limit, "an answer waited for the rotation"
        assert archives(own) == []
        hang.unlink()
        deployment.until(lambda: archives(own), "the rotation does not go on")
        assert second.create().ok
    own.edge.stop()
    verified = own.verify_audit("edge", own.audit_log("edge"), *archives(own))
    report = json.loads(verified.stdout)
    assert verified.returncode == 0 and report["ends_in_close"] and not report["continues_earlier_file"], verified.stdout


def test_an_old_log_is_rotated(own):
    own.set_audit("edge", "durability: write, rotate: {age: 2s}")
    own.start()
    with own.client("acme-app") as app:
        assert app.create().ok
        deployment.until(lambda: archives(own), "it is not rotated")
        assert app.create().ok
    own.edge.stop()
    assert own.verify_audit("edge", own.audit_log("edge"), *archives(own)).returncode == 0


def test_the_counters(own):
    own.start()
    before = metrics(own.edge)
    with own.client("acme-app") as app:
        assert app.create().ok
        assert app.locate().ok
    after = metrics(own.edge)
    lines = own.audit_log("edge").read_text().splitlines()
    assert after["kcm_audit_sequence"] == len(lines) == json.loads(lines[-1])["seq"]
    assert after["kcm_audit_bytes"] == own.audit_log("edge").stat().st_size
    assert after["kcm_audit_failures_total"] == 0
    assert after["kcm_audit_records_total"] > before["kcm_audit_records_total"]
    assert after["kcm_audit_records_total"] == sum(json.loads(line)["kind"] in ("item", "intent") for line in lines)


def test_a_new_key_is_named_by_the_old_one(own):
    own.start()
    with own.client("acme-app") as app:
        key = app.create("kept").identifier
    config, data = own.folder / "edge.yaml", own.folder / "data"
    first, second, log = data / "edge-audit.pub", data / "edge-audit-2.pub", own.audit_log("edge")
    old = data / "old.key"
    shutil.copy(data / "edge-audit.key", old)
    busy = deployment.run("kcmctl", "audit", "rotate-key", config, "--public", second)
    assert busy.returncode == 2 and "written by another process" in busy.stderr
    own.edge.stop()
    changed = deployment.run("kcmctl", "audit", "rotate-key", config, "--public", second)
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert deployment.run("kcmctl", "audit", "rotate-key", config, "--public", second).returncode == 2

    own.edge.start()
    with own.client("acme-app") as app:
        assert app.get(key).ok
    followed = own.verify_audit("edge", key=first)
    assert followed.returncode == 0, followed.stdout
    assert json.loads(followed.stdout)["key_changes"] == 1
    assert own.verify_audit("edge", key=second).returncode == 1
    both = deployment.run("kcmctl", "audit", "verify", log, "--key", second, "--key", first)
    assert both.returncode == 0, both.stdout
    foreign = deployment.run("kcmctl", "audit", "verify", log, "--key", first, "--key", data / "core-audit.pub")
    assert foreign.returncode == 1

    # The old key opens nothing any more.
    own.edge.stop()
    shutil.copy(old, data / "edge-audit.key")
    with pytest.raises(RuntimeError, match="another key"):
        own.edge.start()
