"""What runs out, and what rots: each is told, stops only what needs it, and is over when its cause is."""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import time

import pytest

import deployment as deployments
from deployment import until, within
from test_delegation import active_l3


@contextlib.contextmanager
def small_disk(folder, size="2m"):
    """A file system of this size at `folder`, for whom may mount one."""
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Takes what is left of a disk, to the last byte."""
    filler = folder / "filler"
    with open(filler, "ab", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filler


def keystore_at(own, plugin, path):
    config = own.edge.config
    text = config.read_text()
    changed = re.sub(r"^keystore:.*$", f"keystore: {{plugin: {plugin}, settings: {{path: {path}}}}}", text, flags=re.MULTILINE)
    assert changed != text
    config.write_text(changed)


@pytest.mark.parametrize("plugin", ["sqlite", "lmdb", "file"])
def test_a_full_disk_stops_writing_alone_and_is_over_when_there_is_room(own, plugin):
    # The journal of the file store takes 4 MiB at once.
    with small_disk(own.folder / "small", "8m" if plugin == "file" else "2m") as disk:
        keystore_at(own, plugin, f"small/edge.{plugin}")
        own.start()
        with own.client("acme-app") as app:
            made = app.create("kept").identifier
            assert app.activate(made).ok
            filler = fill(disk)
            # What was free inside the store's files is used up first.
            refused = None
            for number in range(300):
                answer = app.create(f"more-{number}")
                if not answer.ok:
                    refused = answer
                    break
            assert refused is not None and refused.reason == "GeneralFailure", refused
            assert "full" in refused.message and "small" not in refused.message, refused
            assert re.search(rf"plugin {plugin}\b.*(full|space)", own.edge.log.read_text()), own.edge.tail()
            # Reading goes on.
            assert app.encrypt(made, b"text").ok
            assert app.get(made).ok
            assert app.locate(name="kept").identifiers == [made]
            filler.unlink()
            until(lambda: app.create("again").ok, "it does not recover")
        assert own.edge.stop() == 0
        own.edge.start()
        with own.client("acme-app") as app:
            assert app.get(made).ok
        assert own.verify_audit("edge").returncode == 0
        own.stop()


def damage(store, marker):
    """Changes a byte behind the first place of `marker` in each file of a store; returns how many were changed."""
    changed = 0
    for file in sorted(path for path in store.rglob("*") if path.is_file() and path.stat().st_size):
        data = bytearray(file.read_bytes())
        if marker in data:
            at = data.index(marker) + len(marker) + 40
            if at < len(data):
                data[at] ^= 0x01
                file.write_bytes(data)
                changed += 1
    return changed


def test_a_record_that_rotted_fails_alone(own):
    keystore_at(own, "file", "data/edge.records")
    own.start()
    with own.client("acme-app") as app:
        good, bad = app.create("good").identifier, app.create("bad").identifier
        assert app.get(good).ok and app.get(bad).ok
    assert own.edge.stop() == 0
    store = own.folder / "data" / "edge.records"
    copy = own.folder / "before"
    shutil.copytree(store, copy)
    word = bad.split("-", 1)[1].replace("-", "")
    candidates = [bad.encode(), bytes.fromhex(word) if re.fullmatch(r"(?:[0-9a-f]{2})+", word) else bad.encode()]
    assert any(damage(store, marker) for marker in candidates), f"{bad} is in no file of the store"
    own.edge.start()
    with own.client("acme-app") as app:
        refused = app.get(bad)
        assert refused.reason == "GeneralFailure", f"a damaged record was served, or called something else: {refused}"
        assert app.get(good).ok
        assert app.create("next").ok
    assert re.search(r"is not what was written", own.edge.log.read_text()), own.edge.tail()
    assert own.verify_audit("edge").returncode == 0


def cpu(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_who_asks_how_the_daemon_is_has_descriptors_that_clients_may_not_take(own):
    own.start()
    edge = own.edge.process
    soft, hard = resource.prlimit(edge.pid, resource.RLIMIT_NOFILE)
    used = max(int(name) for name in os.listdir(f"/proc/{edge.pid}/fd")) + 1
    # More than the 32 that nobody may take, and fewer than those and a quarter of all.
    resource.prlimit(edge.pid, resource.RLIMIT_NOFILE, (used + 32 + 8, hard))
    try:
        with pytest.raises(OSError):
            own.client("acme-app")
        assert own.metric("edge", "kcm_connections_refused_total", reason="descriptors") == 1
    finally:
        resource.prlimit(edge.pid, resource.RLIMIT_NOFILE, (soft, hard))
    with own.client("acme-app") as app:
        assert app.create().ok


def test_delegation_and_rotation_go_on_while_clients_hold_every_descriptor_they_may(own):
    own.set_audit("edge", "durability: write, rotate: {size: 64KiB}")
    own.start()
    edge, log = own.edge.process, own.audit_log("edge")
    l3 = active_l3(own)
    soft, hard = resource.prlimit(edge.pid, resource.RLIMIT_NOFILE)
    used = max(int(name) for name in os.listdir(f"/proc/{edge.pid}/fd")) + 1
    resource.prlimit(edge.pid, resource.RLIMIT_NOFILE, (used + 96 + 16, hard))
    with contextlib.ExitStack() as held:
        app = held.enter_context(own.client("acme-app"))
        key = app.create().identifier
        assert app.activate(key).ok
        with pytest.raises(OSError):
            for _ in range(64):
                held.enter_context(own.client("acme-app"))
        assert own.metric("edge", "kcm_connections_refused_total", reason="descriptors") >= 1
        # Edge has to open a connection to Core for the first, and files for the second.
        sealed = app.encrypt(l3, b"text")
        assert sealed.ok, sealed
        rotated = lambda: list(log.parent.glob(log.name + ".[0-9]*"))  # noqa: E731
        until(lambda: app.encrypt(key, b"text").ok and len(rotated()) >= 2, "it is not rotated")
        assert own.edge.ready()
        with pytest.raises(OSError):
            own.client("acme-app")
    resource.prlimit(edge.pid, resource.RLIMIT_NOFILE, (soft, hard))
    own.stop()
    assert own.verify_audit("edge", log, *rotated()).returncode == 0


def test_without_descriptors_nobody_new_comes_in_and_nobody_leaves(own):
    own.start()
    edge = own.edge.process
    with own.client("acme-app") as app:
        made = app.create("kept").identifier
        assert app.activate(made).ok
        soft, hard = resource.prlimit(edge.pid, resource.RLIMIT_NOFILE)
        used = max(int(name) for name in os.listdir(f"/proc/{edge.pid}/fd")) + 1
        limit = used + 2
        resource.prlimit(edge.pid, resource.RLIMIT_NOFILE, (limit, hard))
        held = []
        try:
            refused = 0
            for _ in range(8):
                try:
                    held.append(own.client("acme-app"))
                except OSError:
                    refused += 1
            assert refused >= 4, "the limit did not bite"
            # The runtime ends a process that has none at the wrong moment.
            assert len([name for name in os.listdir(f"/proc/{edge.pid}/fd") if int(name) < limit]) < limit, "none is left for anything else"
            # Who is in is served, and the wait for a descriptor costs nothing.
            began = cpu(edge)
            for _ in range(10):
                assert app.encrypt(made, b"text").ok
                time.sleep(0.2)
            assert cpu(edge) - began < 1.0, "it spins"
            assert edge.poll() is None
        finally:
            for client in held:
                client.socket.close()
            resource.prlimit(edge.pid, resource.RLIMIT_NOFILE, (soft, hard))

        def comes_in():
            try:
                with own.client("acme-app") as late:
                    return late.encrypt(made, b"text").ok
            except OSError:
                return False

        until(comes_in, "nobody gets in although there are descriptors again")
        assert own.metric("edge", "kcm_connections_refused_total", reason="descriptors") >= 4
        assert app.encrypt(made, b"text").ok
    own.stop()
    assert own.verify_audit("edge").returncode == 0


def test_too_little_locked_memory_is_said_at_start(own):
    command = ["prlimit", "--memlock=4096:4096", str(deployments.BIN / "kcmd"), "--config", str(own.core.config)]
    if os.geteuid() == 0:
        # Root is above the limit by a capability.
        command = ["setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=within(30), env=deployments.environment())
    assert done.returncode != 0
    assert "RLIMIT_MEMLOCK" in done.stderr and "Fatal error" not in done.stderr, done.stderr


def test_a_full_disk_under_the_log_stops_nothing(own):
    with small_disk(own.folder / "logs", "64k") as disk:
        own.edge.log = disk / "edge.log"
        own.start()
        filler = fill(disk)
        with own.client("acme-app") as app:
            made = app.create("kept").identifier
            assert app.activate(made).ok
            # Refused handshakes have lines of their own.
            for _ in range(5):
                with contextlib.suppress(OSError):
                    deployments.ttlv.Client(own.port("edge"), trust=own.pki("ca.pem"), timeout=2).receive()
            assert app.encrypt(made, b"text").ok
            before = own.edge.log.stat().st_size
            filler.unlink()
            with contextlib.suppress(OSError):
                deployments.ttlv.Client(own.port("edge"), trust=own.pki("ca.pem"), timeout=2).receive()
            until(lambda: own.edge.log.stat().st_size > before, "it does not log again")
        own.stop()
        assert own.verify_audit("edge").returncode == 0
