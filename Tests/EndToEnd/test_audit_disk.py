"""A log that cannot be written: refused with a clear word, said by /readyz, and resumed without a restart."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from deployment import until, within
from test_audit_rotation import metrics


@pytest.fixture
def disk(tmp_path):
    """A file system in memory of 512 KiB. Needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,nr_inodes=64,mode=700", "kcm-test", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def with_log_in(own, folder):
    """The edge's log there, and nothing else."""
    config = own.folder / "edge.yaml"
    text = config.read_text()
    assert "data/edge-audit.jsonl" in text
    config.write_text(text.replace("data/edge-audit.jsonl", str(folder / "audit.jsonl")))
    return folder / "audit.jsonl"


def why_not_ready(daemon):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{daemon.admin_port}/readyz", timeout=within(5)):
            return ""
    except urllib.error.HTTPError as error:
        return error.read().decode()


@pytest.mark.parametrize("durability", ["write", "fsync"])
def test_a_full_disk(own, disk, durability):
    log = with_log_in(own, disk)
    own.set_durability("edge", durability)
    own.start()
    with own.client("acme-app") as app:
        key = app.create("before").identifier
        assert app.activate(key).ok
        filler = disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"0" * 4096)
            except OSError:
                pass
        refused = None
        for _ in range(200):
            refused = app.encrypt(key, b"text")
            if not refused.ok:
                break
        assert not refused.ok and "audit log" in refused.message

        def is_full():
            refused, why = app.encrypt(key, b"text"), why_not_ready(own.edge)
            return not refused.ok and "audit log" in refused.message and "audit log" in why and "No space" in why

        # The last page of the log may have room for a checkpoint yet, after which the log counts as sound until the next record.
        until(is_full, "it is not told that the disk is full")
        never = app.create("never")
        assert not never.ok and "audit log" in never.message
        assert metrics(own.edge)["kcm_audit_failures_total"] > 0
        # No torn line stays behind, even while the disk is full.
        assert log.read_bytes().endswith(b"}\n")
        assert own.verify_audit("edge", log).returncode == 0

        filler.unlink()
        # Without a request that would tell.
        until(lambda: why_not_ready(own.edge) == "")
        assert app.encrypt(key, b"text").ok
        assert app.create("after").ok
        assert app.locate(name="never").identifiers == []
    own.edge.stop()
    assert own.verify_audit("edge", log).returncode == 0


@pytest.mark.parametrize("durability", ["write", "fsync"])
def test_a_folder_that_is_removed(own, tmp_path, durability):
    folder = tmp_path / "logs"
    folder.mkdir()
    log = with_log_in(own, folder)
    own.set_durability("edge", durability)
    own.start()
    with own.client("acme-app") as app:
        key = app.create().identifier
        assert app.activate(key).ok
        kept = tmp_path / "kept.jsonl"
        shutil.copy(log, kept)
        shutil.rmtree(folder)
        assert not app.encrypt(key, b"text").ok
        assert "audit log" in why_not_ready(own.edge)
        folder.mkdir()
        until(lambda: why_not_ready(own.edge) == "")
        assert app.encrypt(key, b"text").ok
    own.edge.stop()
    # The new file tells that there was one before it, and goes on from where that one ended.
    assert '"continues_earlier_file":true' in own.verify_audit("edge", log).stdout.replace(" ", "")
    whole = own.verify_audit("edge", log, kept)
    assert whole.returncode == 0 and '"continues_earlier_file":false' in whole.stdout.replace(" ", "")
