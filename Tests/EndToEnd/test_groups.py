"""Many connections share a sync of the disk: of the keystore and of the audit log. Counted at the system call and by the metrics."""

import collections
import pathlib

import pytest

import deployment as deployments

# Of the disk that the daemon is given, so that the test does not depend on the one that it runs on. Long beside what the processor needs
# for a Create, so that many wait for a sync whatever it runs on.
SYNC_MILLISECONDS = int(deployments.within(20))


def keystore(own, plugin):
    config = own.edge.config
    lines = config.read_text().splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("keystore:"))
    lines[at] = f"keystore: {{plugin: {plugin}, settings: {{path: data/edge.{plugin}}}}}"
    config.write_text("\n".join(lines) + "\n")


class Counts:
    """What has happened so far at Edge."""

    def __init__(self, own, log, plugin):
        names = collections.Counter(pathlib.Path(line).name for line in log.read_text().splitlines())
        self.audit_syncs = names["edge-audit.jsonl"]
        # sqlite: the log and the file; lmdb: the data file in its folder.
        paths = [line for line in log.read_text().splitlines() if f"edge.{plugin}" in line]
        self.store_syncs = len(paths)
        self.items = len([one for one in own.audit_records("edge") if one["operation"] == "Create"])
        self.commits = own.metric("edge", "kcm_plugin_batches_total", part="store")
        self.calls = own.metric("edge", "kcm_plugin_calls_total", part="store", call="commit", outcome="ok")

    def since(self, before):
        return {name: value - getattr(before, name) for name, value in vars(self).items()}


def create(own, connections):
    done = deployments.run(
        "kcmctl", "bench", "--server", f"127.0.0.1:{own.port('edge')}", "--identity", own.pki("acme-app"), "--trust", own.pki("ca.pem"),
        "--operation", "create", "--connections", connections, "--seconds", 3, "--keep", timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("plugin", ["sqlite", "lmdb"])
def test_a_sync_is_shared_by_many(own, plugin):
    log = own.folder / "syncs"
    log.write_text("")
    own.edge.preload("disk", SYNC_LOG=log, SYNC_TIME=SYNC_MILLISECONDS)
    own.set_durability("edge", "fsync")
    keystore(own, plugin)
    own.start()
    rounds = {}
    for connections in (1, 64):
        before = Counts(own, log, plugin)
        create(own, connections)
        rounds[connections] = Counts(own, log, plugin).since(before)
    print(rounds)
    alone, many = rounds[1], rounds[64]
    # One at a time, nothing can be shared: what is counted is what happens.
    assert alone["items"] > 10
    assert alone["store_syncs"] >= alone["items"] and alone["audit_syncs"] >= alone["items"], alone
    assert alone["commits"] == alone["calls"] >= alone["items"], alone
    # Together, a sync of either is for many. Each Create has an intent and an item in the audit log.
    assert many["items"] > alone["items"]
    assert many["commits"] >= many["items"], many
    # How many depends on how fast the processor is beside the disk. Those that copy SQLite's log count as well.
    assert many["calls"] < many["commits"] / 2, many
    assert many["store_syncs"] < many["items"] / 2, many
    assert many["audit_syncs"] < many["items"], many
