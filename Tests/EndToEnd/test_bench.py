"""`kcmctl bench` against a real Edge: what it counts has to be what the server says it did."""

import json
import subprocess
import threading

import pytest

import deployment
from ttlv import attribute, enumeration, text


def bench(shared, *arguments, status=0, https=False, port=None, seconds=1):
    port = port or (shared.base + deployment.EDGE_HTTPS if https else shared.port("edge"))
    done = deployment.run(
        "kcmctl", "bench", "--json", "--server", f"127.0.0.1:{port}", "--identity", shared.pki("acme-app"), "--trust", shared.pki("ca.pem"),
        "--seconds", seconds, *(["--https"] if https else []), *arguments, timeout=120,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout) if done.stdout else done.stderr


@pytest.mark.parametrize("https", [False, True], ids=["kmip", "https"])
def test_every_operation_succeeds_and_leaves_nothing(shared, https):
    names = "create,register,activate,get,get-attributes,locate,encrypt,decrypt,mac,sign,signature-verify,hash,destroy,query,mix,"
    names += "locate-attribute,locate-several,read-once"
    seen = bench(shared, "--operation", names, "--connections", 4, "--objects", 200, https=https)
    assert [result["operation"] for result in seen["results"]] == names.split(",")
    for result in seen["results"]:
        assert result["failures"] == 0 and result["requests"] > 0, result
        assert 0 < result["p50_us"] <= result["p90_us"] <= result["p99_us"] <= result["p999_us"] <= result["max_us"], result
        assert result["client_cpu_seconds"] > 0
    assert seen["keys_made"] > 0 and seen["keys_left"] == 0


def test_a_thousand_connections_are_all_used(shared):
    results = []
    running = threading.Thread(target=lambda: results.extend(bench(shared, "--operation", "get", "--connections", 1000, seconds=5)["results"]))
    running.start()
    try:
        deployment.until(lambda: not running.is_alive() or shared.metric("edge", "kcm_connections") >= 1000)
        assert running.is_alive(), "it ended before a thousand connections stood"
    finally:
        running.join()
    seen = results[0]
    assert seen["connections"] == 1000 and seen["failures"] == 0 and seen["requests"] >= 1000, seen
    assert 0 < seen["p50_us"] <= seen["p99_us"] <= seen["max_us"]


def test_counts_what_the_audit_log_has(shared):
    for _ in range(3):
        before = sum(record["operation"] == "GetAttributes" for record in shared.audit_records("edge"))
        counted = bench(shared, "--operation", "get-attributes", "--connections", 2, "--rate", 100)["results"][0]["requests"]
        after = sum(record["operation"] == "GetAttributes" for record in shared.audit_records("edge"))
        # A second of warm-up at the same rate comes before and is not counted, but for what could not be sent within it.
        warm = after - before - counted
        assert counted > 0 and 0 <= warm <= 105
        if warm >= 50:
            break
    else:
        pytest.fail(f"{counted} of {after - before} are counted, warm-up included")


def test_a_fixed_rate_is_kept_and_what_is_above_the_server_is_told(shared):
    for _ in range(3):
        calm = bench(shared, "--operation", "get", "--connections", 4, "--rate", 50)["results"][0]
        assert calm["loop"] == "fixed"
        # The machine may stand still for a part of the second.
        if 40 <= calm["throughput"] <= 60:
            break
    else:
        pytest.fail(f"not 50 a second: {calm}")
    flood = bench(shared, "--operation", "get", "--connections", 4, "--rate", 1_000_000)["results"][0]
    assert flood["unsent"] > 0
    # Waiting counts: the last requests were due long before they were sent.
    assert flood["max_us"] > 500_000


def test_a_share_runs_the_closed_loop_before(shared):
    closed, half = bench(shared, "--operation", "encrypt", "--connections", 2, "--rate", "50%")["results"]
    assert closed["loop"] == "closed" and half["loop"] == "fixed"
    assert half["rate"] == pytest.approx(closed["throughput"] / 2)


def test_https_and_filled_keys(shared):
    seen = bench(shared, "--operation", "get,locate", "--connections", 2, "--fill", 150, https=True)
    assert seen["transport"] == "https" and seen["keys_made"] == 151 and seen["keys_left"] == 0
    assert all(result["failures"] == 0 for result in seen["results"])


def test_a_sample_is_gone_round_again(shared, tmp_path):
    sample = tmp_path / "sample"
    filled = bench(shared, "--operation", "locate-several", "--connections", 2, "--fill", 40, "--keep", "--sample", sample)
    lines = sample.read_text().splitlines()
    assert filled["keys_left"] == 41 and len(lines) == 40
    # It ends with the last of them.
    once = bench(shared, "--operation", "read-once", "--connections", 2, "--sample", sample, seconds=30)["results"][0]
    shares = bench(shared, "--operation", "locate-attribute", "--connections", 2, "--sample", sample)["results"][0]
    assert once["requests"] == 40 and once["failures"] == shares["failures"] == 0
    with shared.client("acme-app") as client:
        for line in (lines[0], lines[39]):
            identifier, name, of = line.split()
            found = client.call("Locate", attribute("x-bench-set", text("AttributeValue", of)), attribute("State", enumeration("AttributeValue", 1)))
            assert found.status == 0 and len(found.identifiers) == 10 and identifier in found.identifiers, name
    assert "is not what" in bench(shared, "--operation", "get", "--sample", shared.pki("ca.pem"), status=2)


def test_idle_connections_cost_memory(own):
    # A fresh one: what connections of other tests have left free would be used again.
    own.start()
    seen = bench(own, "--operation", "query", "--connections", 1, "--idle", 300, "--pid", own.edge.process.pid)
    assert seen["idle_connections"] == 300
    grown = seen["server_memory_after"] - seen["server_memory_before"]
    # A sanitizer has memory of its own for each byte.
    assert deployment.SLOWDOWN > 1 or 0 < grown < 300 * (64 << 10), f"{grown / 300 / 1024:.0f} KiB a connection"
    assert seen["results"][0]["server_cpu_seconds"] >= 0
    assert seen["server_memory_before"] / 2 < own.metric("edge", "process_resident_memory_bytes") < 2 * seen["server_memory_after"]


def test_the_ceiling_answers_what_it_stands_for(shared, tmp_path):
    port, reservation = deployment.free_base_port()
    command = [deployment.BIN / "kcm-ceiling", "--port", port, "--certificate", shared.pki("edge.pem"), "--key", shared.pki("edge.key")]
    command += ["--trust", shared.pki("ca.pem"), "--log", tmp_path / "log"]
    ceiling = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=deployment.environment())
    try:
        assert ceiling.stdout.readline().strip() == "ready"
        seen = bench(shared, "--operation", "create,get,encrypt,decrypt", "--connections", 4, "--pid", ceiling.pid, port=port)
        done = sum(result["requests"] for result in seen["results"])
        for result in seen["results"]:
            assert result["failures"] == 0 and result["requests"] > 0 and result["server_cpu_per_1000"] > 0, result
    finally:
        ceiling.terminate()
        ceiling.wait()
        reservation.close()
    # A line of 700 bytes for each request, those of the warm-up included.
    assert (tmp_path / "log").stat().st_size >= done * 700


@pytest.mark.parametrize("arguments", [["--rate", "0"], ["--rate", "fast"], ["--operation", "fly"], ["--connections", "0"], ["--cipher", "rot13"]])
def test_wrong_usage_is_exit_2(shared, arguments):
    bench(shared, *arguments, status=2)
