"""Locked memory runs out: told to the client and in the log, nothing breaks, and it is over when there is some again."""

import concurrent.futures
import os
import re
import subprocess
import time
import urllib.request

import deployment as deployments
import ttlv

LIMIT = 1 << 20
OPAQUE, OPAQUE_DATA_TYPE, OPAQUE_DATA_VALUE = 0x42005B, 0x420059, 0x42005A


def metrics(daemon):
    with urllib.request.urlopen(f"http://127.0.0.1:{daemon.admin_port}/metrics", timeout=deployments.within(5)) as answer:
        lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def configure(daemon, line):
    daemon.config.write_text(daemon.config.read_text() + line + "\n")


def register(client, size):
    """An Opaque Object of this many bytes."""
    value = ttlv.structure(OPAQUE, ttlv.enumeration(OPAQUE_DATA_TYPE, 0x80000001), ttlv.octets(OPAQUE_DATA_VALUE, os.urandom(size)))
    return client.call("Register", ttlv.enumeration("ObjectType", 8), ttlv.structure("TemplateAttribute"), value)


def test_the_limit_is_told_and_over_when_memory_is_back(own):
    configure(own.edge, f"limits: {{locked_memory: {LIMIT}}}")
    own.start()
    with own.client("acme-app") as app:
        keys = [app.create(f"key-{number}").identifier for number in range(150)]
        before = metrics(own.edge)
        assert before["kcm_locked_memory_limit_bytes"] == LIMIT
        assert before["kcm_cache_bytes_limit"] == LIMIT / 2
        assert before["kcm_cache_entries"] >= len(keys)
        # Opened objects make way for what needs memory now.
        medium = register(app, 200_000)
        assert medium.ok, medium
        small = metrics(own.edge)
        assert small["kcm_locked_memory_shortages_total"] == 0
        # More than there is, whatever makes way.
        for size in (1_000_000, 3_000_000):
            refused = register(app, size)
            assert not refused.ok and refused.reason == "GeneralFailure", refused
            assert "locked memory" in refused.message and str(LIMIT) not in refused.message, refused
            # The connection goes on, and so does everything that fits.
            assert app.get(keys[0]).ok
        log = own.edge.log.read_text()
        assert re.search(rf"cannot lock \d+ bytes more for keys: .*{LIMIT} are allowed; raise limits.locked_memory", log), own.edge.tail()
        short = metrics(own.edge)
        assert short["kcm_locked_memory_shortages_total"] >= 2
        assert short["kcm_cache_evictions_total"] >= len(keys) / 2
        assert short["kcm_locked_memory_bytes"] <= LIMIT

    def work(number):
        """Many at a time, each of which fits alone: done, or refused as above."""
        with own.client("acme-app") as client:
            answers = [client.get(medium.identifier) if step % 2 else register(client, 200_000) for step in range(6)]
            answers += [client.get(keys[number * 10 + step]) for step in range(10)]
        for answer in answers:
            assert answer.ok or (answer.reason == "GeneralFailure" and "locked memory" in answer.message), answer
        return sum(answer.ok for answer in answers)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) > 0
    assert own.edge.process.poll() is None, own.edge.tail()
    with own.client("acme-app") as app:
        assert all(app.get(key).ok for key in keys)
        assert app.get(medium.identifier).ok
        assert register(app, 200_000).ok
        assert app.create("again").ok
    after = metrics(own.edge)
    assert after["kcm_locked_memory_used_bytes"] <= after["kcm_locked_memory_bytes"] <= LIMIT
    assert own.edge.stop() == 0
    assert own.verify_audit("edge").returncode == 0
    own.stop()


def test_a_lack_that_lasts_does_not_fill_the_log(own):
    configure(own.edge, f"limits: {{locked_memory: {LIMIT}}}")
    own.start()
    with own.client("acme-app") as app:
        answers = [register(app, 1_200_000) for _ in range(40)]
        assert not any(one.ok for one in answers)

    def said():
        log = own.edge.log.read_text()
        return log.count("cannot lock"), sum(map(int, re.findall(r" (\d+) more failures for lack of locked memory", log)))

    deadline = time.monotonic() + 20
    while sum(said()) < 40 and time.monotonic() < deadline:
        time.sleep(0.1)
    told, counted = said()
    assert told + counted == 40, "none is lost"
    assert 1 <= told <= 10, f"{told} lines of their own"
    own.stop()


def test_the_cache_keeps_no_more_than_it_is_told(own):
    configure(own.edge, "cache: {entries: 20, memory: 64KiB}")
    own.start()
    with own.client("acme-app") as app:
        keys = [app.create(f"key-{number}").identifier for number in range(50)]
        for _ in range(2):
            assert all(app.get(key).ok for key in keys)
        seen = metrics(own.edge)
        assert seen["kcm_cache_entries"] == seen["kcm_cache_entries_limit"] == 20
        assert 20 * 32 <= seen["kcm_cache_bytes"] <= 64 << 10
        assert seen["kcm_cache_misses_total"] >= 30 and seen["kcm_cache_evictions_total"] >= 30
        for _ in range(10):
            assert app.get(keys[0]).ok
        more = metrics(own.edge)
        assert more["kcm_cache_hits_total"] >= seen["kcm_cache_hits_total"] + 9
        assert more["kcm_cache_misses_total"] <= seen["kcm_cache_misses_total"] + 1
    own.stop()


def test_a_limit_above_what_the_system_allows_is_refused(own):
    configure(own.core, "limits: {locked_memory: 64MiB}")
    command = ["prlimit", "--memlock=2097152:2097152", str(deployments.BIN / "kcmd"), "--config", str(own.core.config), "--check"]
    if os.geteuid() == 0:
        # Root is above the limit by a capability.
        command = ["setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=deployments.within(30), env=deployments.environment())
    assert done.returncode != 0
    assert "limits.locked_memory is 67108864 bytes" in done.stderr and "RLIMIT_MEMLOCK" in done.stderr and "2097152" in done.stderr, done.stderr
