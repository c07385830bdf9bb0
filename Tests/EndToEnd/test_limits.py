"""More than the daemon takes: refused at once and counted, and felt by nobody else."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import pytest

import deployment as deployments
import test_https
import ttlv
from deployment import until, within

QUERY = ("Query", [ttlv.enumeration("QueryFunction", 1)])


def limit(own, text, side="edge"):
    """Adds a section of limits to a daemon that is not started."""
    config = own.folder / f"{side}.yaml"
    config.write_text(re.sub(r"(?m)^limits:.*\n", "", config.read_text()) + f"limits: {text}\n")


def metrics(daemon):
    """Every value at /metrics, by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{daemon.admin_port}/metrics", timeout=within(20)) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize("transport", ["kmip", "https"])
def test_a_tenant_beyond_its_rate_is_told_at_once_and_others_notice_nothing(own, transport):
    limit(own, "{tenant: {rate: 5, burst: 20}}")
    own.start()
    if transport == "kmip":
        client = own.client("acme-app")
        ask = lambda: client.batch(QUERY)[0]  # noqa: E731
    else:
        connection = test_https.connect(own, "acme-app", "edge")
        ask = lambda: test_https.result(test_https.post(connection, test_https.query())[1])  # noqa: E731
    refused, slowest = [], 0
    for _ in range(150):
        began = time.monotonic()
        answer = ask()
        slowest = max(slowest, time.monotonic() - began)
        if not answer.ok:
            refused.append(answer)
    assert len(refused) >= 50, "the limit did not bite"
    assert slowest < within(5), "an answer that is a refusal has to be quick"
    assert all(one.reason == "GeneralFailure" and "acme" in one.message and "limits.tenant.rate" in one.message for one in refused)
    # Another principal of the tenant shares its allowance; another tenant has its own.
    with own.client("globex-app") as other:
        assert all(other.batch(QUERY)[0].ok for _ in range(15))
    assert metrics(own.edge)['kcm_requests_refused_total{reason="tenant-rate"}'] == len(refused)
    # What was refused is in the audit log, bounded, and not one is missing.
    def recorded():
        records = [record for record in own.audit_records("edge") if record["rule"].startswith("tenant-rate")]
        more = [int(found[1]) for record in records if (found := re.search(r": (\d+) more like it were not recorded", record["rule"]))]
        return len(records) - len(more) + sum(more), len(records)

    until(lambda: recorded()[0] == len(refused), f"{recorded()} of {len(refused)}")
    assert recorded()[1] < len(refused)
    assert re.search(r"operations refused: the limit tenant-rate is reached tenant=acme", own.edge.log.read_text()), own.edge.tail()
    time.sleep(1)
    assert ask().ok, "it is over when the tenant is within its rate"
    own.stop()
    assert own.verify_audit("edge").returncode == 0


def test_what_waits_for_the_keystore_is_bounded(own):
    limit(own, "{in_flight: 1}")
    own.start()
    results, slowest = [], []

    def load():
        with own.client("acme-app") as client:
            for _ in range(30):
                began = time.monotonic()
                results.append(client.create())
                slowest.append(time.monotonic() - began)

    threads = [threading.Thread(target=load) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failures = [one for one in results if not one.ok]
    assert len(results) == 360 and any(one.ok for one in results)
    assert failures, "the limit did not bite"
    assert all("limits.in_flight is 1" in one.message and one.reason == "GeneralFailure" for one in failures)
    seen = metrics(own.edge)
    assert seen['kcm_requests_refused_total{reason="in-flight"}'] == len(failures)
    assert seen["kcm_requests_in_flight"] == 0 and seen["kcm_requests_in_flight_bytes"] == 0
    assert seen['kcm_limit{name="in_flight"}'] == 1
    with own.client("acme-app") as client:
        assert client.create().ok


def test_a_flood_of_handshakes_is_cut_before_them(own):
    limit(own, "{handshakes: 10}")
    own.start()
    with own.client("acme-app") as app:
        flood = [socket.create_connection(("127.0.0.1", own.port("edge")), timeout=5) for _ in range(200)]
        closed = 0
        for one in flood:
            one.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                try:
                    closed += one.recv(1) == b""
                except ConnectionError:
                    closed += 1
        assert closed >= 100, closed
        assert app.batch(QUERY)[0].ok, "who is in is served"
        for one in flood:
            one.close()
    said = own.edge.log.read_text().count("the limit of 10 handshakes a second is reached")
    assert 1 <= said <= 60
    assert metrics(own.edge)['kcm_connections_refused_total{reason="handshakes"}'] >= closed

    def comes_in():
        try:
            with own.client("acme-app", timeout=5) as late:
                return late.batch(QUERY)[0].ok
        except OSError:
            return False

    until(comes_in, "nobody gets in after the flood")


def test_the_admin_port_holds_out(own):
    limit(own, "{handshake: 4s}")
    own.start()
    port = own.edge.admin_port
    # Some more than there is room for: the connection that asked for readiness may still be counted.
    held = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(70)]
    until(lambda: refuses(port), "one more is let in")
    # Not even a byte every now and then keeps one.
    deadline = time.monotonic() + 20
    open_ones = set(held)
    while open_ones and time.monotonic() < deadline:
        for one in list(open_ones):
            try:
                one.send(b"G" if one is held[0] else b"")
                one.setblocking(False)
                if one.recv(1) == b"":
                    open_ones.discard(one)
            except BlockingIOError:
                pass
            except OSError:
                open_ones.discard(one)
        time.sleep(0.1)
    assert not open_ones, f"{len(open_ones)} are still open"
    until(own.edge.ready, "it does not recover")
    assert metrics(own.edge)['kcm_connections_refused_total{reason="admin"}'] >= 1


def refuses(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
            one.settimeout(0.5)
            return one.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def post(body):
    head = f"POST /kmip HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def secure(own, transport, name="acme-app"):
    """A TLS connection to either port, for bytes as they are."""
    offset = deployments.EDGE_KMIP if transport == "kmip" else deployments.EDGE_HTTPS
    return ttlv.Client(own.base + offset, own.pki(f"{name}.pem"), own.pki(f"{name}.key"), own.pki("ca.pem"), 30).socket


def responses(data, transport):
    """How many whole responses stand in what was received."""
    if transport == "https":
        return data.count(b"HTTP/1.1 200")
    count, at = 0, 0
    while at + 8 <= len(data):
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        count += at <= len(data)
    return count


@pytest.mark.parametrize("transport", ["kmip", "https"])
def test_what_was_sent_before_sigterm_is_answered(own, transport):
    own.start()
    with own.client("acme-app") as app:
        key = app.create().identifier
    # Reading and making in turns: some answers come from memory, some from the keystore. More than one TLS record takes.
    messages = []
    for number in range(200):
        creates = number % 10 == 9
        fields = [ttlv.text("UniqueIdentifier", key)]
        messages.append(ttlv.request(("Activate", fields) if creates and number == 9 else ("Get", fields)))
    client = secure(own, transport)
    # A TLS 1.3 client is through with its handshake before the server has judged its certificate: that is over with an answer.
    query = ttlv.request(QUERY)
    client.sendall(post(query) if transport == "https" else query)
    answer_on(client, transport)
    client.sendall(b"".join(post(one) if transport == "https" else one for one in messages))
    time.sleep(0.02)
    own.edge.process.send_signal(signal.SIGTERM)
    data = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while chunk := client.recv(1 << 16):
            data += chunk
    assert responses(data, transport) == len(messages)
    assert own.edge.process.wait(within(20)) == 0
    assert own.verify_audit("edge").returncode == 0
    assert sum(record["operation"] == "Get" for record in own.audit_records("edge")) == len(messages) - 1


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) << 10


@pytest.mark.parametrize("transport", ["kmip", "https"])
def test_who_does_not_read_its_answers_takes_no_memory(own, transport):
    own.start()
    with own.client("acme-app") as app:
        made = app.call(
            "Register",
            ttlv.enumeration("ObjectType", 8),
            ttlv.structure("TemplateAttribute"),
            ttlv.structure("OpaqueObject", ttlv.enumeration("OpaqueDataType", 0x80000001), ttlv.octets("OpaqueDataValue", bytes(512 << 10))),
        )
        assert made.ok, made
        get = ttlv.request(("Get", [ttlv.text("UniqueIdentifier", made.identifier)]))
        assert app.get(made.identifier).ok
        before = resident(own.edge.process)
        # Eight clients ask for 2 GiB.
        silent = [secure(own, transport) for _ in range(8)]
        for one in silent:
            one.sendall((post(get) if transport == "https" else get) * 500)
        time.sleep(3)
        grown = resident(own.edge.process) - before
        assert grown < 150 << 20, f"{grown >> 20} MiB more"
        assert app.get(made.identifier).ok, "others are served"
        for one in silent:
            one.close()


def test_limits_follow_a_reload(own):
    """Those that can change do, under open connections; the others are named; a bad file changes nothing."""
    own.start()
    said = lambda words: own.edge.log.read_text().count(words)  # noqa: E731

    def reload(text, words="limits and log level are reloaded"):
        before = said(words)
        limit(own, text)
        own.edge.process.send_signal(signal.SIGHUP)
        until(lambda: said(words) > before, own.edge.tail())

    with own.client("acme-app") as app:
        ask = lambda count: [app.batch(QUERY)[0] for _ in range(count)]  # noqa: E731
        assert all(one.ok for one in ask(100))
        reload("{tenant: {rate: 1, burst: 10}, in_flight: 77, in_flight_bytes: 7MiB, handshakes: 78, connections: 79}")
        assert said("taken at the next start") == 0
        refused = [one for one in ask(100) if not one.ok]
        assert len(refused) > 50 and "the 1 operations a second" in refused[0].message
        seen = metrics(own.edge)
        expected = {"tenant.rate": 1, "tenant.burst": 10, "in_flight": 77, "in_flight_bytes": 7 << 20, "handshakes": 78, "connections": 79}
        assert {name: seen[f'kcm_limit{{name="{name}"}}'] for name in expected} == expected
        # Wrong in one place: nothing of it is taken.
        reload("{tenant: {rate: 1000000}, in_flight: none}", "nothing was reloaded")
        assert metrics(own.edge)['kcm_limit{name="tenant.rate"}'] == 1
        assert not all(one.ok for one in ask(20))
        reload("{connections: 1, message: 1MiB, idle: 1m}")
        assert said("limits.message, limits.idle: changed in the file, and taken at the next start") == 1
        assert all(one.ok for one in ask(100)), "who is in stays, and without a rate nobody is held to one"
        # Nobody else comes in.
        with pytest.raises(OSError):
            own.client("globex-app", timeout=5)
        reload("{connections: 2}")
        with own.client("globex-app") as other:
            assert other.batch(QUERY)[0].ok
    own.stop()


REGISTER = ttlv.request(
    (
        "Register",
        [
            ttlv.enumeration("ObjectType", 8),
            ttlv.structure("TemplateAttribute"),
            ttlv.structure("OpaqueObject", ttlv.enumeration("OpaqueDataType", 0x80000001), ttlv.octets("OpaqueDataValue", bytes(4 << 20))),
        ],
    )
)


def answer_on(connection, transport):
    """The next answer on a connection, as KMIP."""
    data = b""
    while not responses(data, transport) or (transport == "https" and b"\x42\x00\x7b" not in data):
        chunk = connection.recv(1 << 16)
        assert chunk, "closed"
        data += chunk
    return data


@pytest.mark.parametrize("transport", ["kmip", "https"])
def test_messages_that_are_not_whole_take_bounded_memory(own, transport):
    """Forty connections send nine tenths of a large message each: what is too much is thrown away, and said."""
    limit(own, "{in_flight_bytes: 32MiB}")
    own.start()
    with own.client("globex-app") as other:
        assert other.create().ok
        before = resident(own.edge.process)
        message = post(REGISTER) if transport == "https" else REGISTER
        cut = len(message) * 9 // 10
        connections = [secure(own, transport) for _ in range(40)]
        for one in connections:
            one.sendall(message[:cut])
        reason = 'kcm_requests_refused_total{reason="in-flight-bytes"}'
        held = lambda: metrics(own.edge)["kcm_requests_in_flight_bytes"]  # noqa: E731
        if transport == "kmip":
            # Told before they are through. Seven eighths of the limit are for one tenant: no more than seven fit.
            until(lambda: metrics(own.edge)[reason] >= 33, f"{metrics(own.edge)[reason]} are refused")
        time.sleep(1)
        assert held() <= 28 << 20, f"{held() / (1 << 20)} MiB are counted"
        grown = resident(own.edge.process) - before
        assert grown < 110 << 20, f"{grown >> 20} MiB more"
        assert other.create().ok, "others are served"
        told = 0
        for one in connections:
            one.sendall(message[cut:])
            answer = answer_on(one, transport)
            told += b"limits.in_flight_bytes is 33554432" in answer
            # The connection goes on behind it.
            query = ttlv.request(QUERY)
            one.sendall(post(query) if transport == "https" else query)
            assert b"limits.in_flight" not in answer_on(one, transport)
        # Over HTTPS nothing tells when all that was sent has been read; what comes after others were answered has room.
        assert told >= (33 if transport == "kmip" else 20)
        assert metrics(own.edge)[reason] == told
        for one in connections:
            one.close()
        until(lambda: held() == 0, "what is gone still counts")
    own.stop()
    assert own.verify_audit("edge").returncode == 0


def bench(own, name, *arguments, seconds=3):
    command = [
        str(deployments.BIN / "kcmctl"), "bench", "--json", "--server", f"127.0.0.1:{own.port('edge')}", "--identity", str(own.pki(name)),
        "--trust", str(own.pki("ca.pem")), "--seconds", str(seconds), "--operation", "encrypt", *map(str, arguments),
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=deployments.environment())


def beside(own, *loads):
    """How long globex waits at 40 requests a second while the loads run: half of the time and 99 % of it, in ms."""
    running = [bench(own, name, "--connections", count, seconds=8) for name, count in loads]
    time.sleep(3 if loads else 0)
    output, errors = bench(own, "globex-app", "--connections", 2, "--rate", 40).communicate(timeout=within(120))
    for one in running:
        one.kill()
        one.communicate()
    assert output, errors
    result = json.loads(output)["results"][0]
    return result["p50_us"] / 1000, result["p99_us"] / 1000


def test_a_flood_of_one_tenant_is_not_felt_by_another(own, tmp_path):
    """Another tenant waits no longer beside sixty-four connections of one that is held to its rate than it does alone."""
    rate, flood = max(10, int(100 / deployments.SLOWDOWN)), ("acme-app", 64)
    limit(own, f"{{tenant: {{rate: {rate}, burst: {rate}}}}}")
    own.start()
    seen = []
    # Twice what it is alone would be a few ms. On two processors that the flood's client shares, one time slice of the scheduler or
    # two come on top whatever the daemon does: hence the floor.
    for _ in range(3):
        (_, alone), (_, flooded) = beside(own), beside(own, flood)
        seen.append((alone, flooded))
        if flooded <= max(2 * alone, within(20)):
            break
    else:
        # A machine that is busy or slow: what a flood that nothing limits does there is the measure.
        other = deployments.Deployment(tmp_path / "other")
        try:
            other.start()
            pairs = [(beside(own, flood)[0], beside(other, flood)[0]) for _ in range(3)]
        finally:
            other.abandon()
        limited, free = (sorted(column)[1] for column in zip(*pairs))
        assert limited <= 0.75 * free, f"p99 in ms alone and beside a flood: {seen}; half of the time with and without a limit: {pairs}"
    assert metrics(own.edge)['kcm_requests_refused_total{reason="tenant-rate"}'] > 0


def test_who_sends_far_ahead_does_not_hold_the_others_up(own):
    """Pipelines of thousands of requests on sixteen connections are worked off in turns with everyone else's."""
    own.start()
    with own.client("acme-app") as app:
        key = app.create().identifier
        get = ttlv.request(("Get", [ttlv.text("UniqueIdentifier", key)]))
        stop = threading.Event()

        def flood():
            with contextlib.suppress(OSError):
                one = secure(own, "kmip")
                one.settimeout(5)
                while not stop.is_set():
                    one.sendall(get * 2000)
                    got = 0
                    while got < 2000 * 300 and (chunk := one.recv(1 << 18)):
                        got += len(chunk)
                        if stop.is_set():
                            break

        threads = [threading.Thread(target=flood, daemon=True) for _ in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        waits = []
        with own.client("globex-app") as other:
            for _ in range(100):
                began = time.monotonic()
                assert other.batch(QUERY)[0].ok
                waits.append(time.monotonic() - began)
        stop.set()
        for thread in threads:
            thread.join(10)
        assert sorted(waits)[94] < within(2), sorted(waits)[-10:]


def test_it_serves_without_any_capability(own):
    """As its systemd unit runs it."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root, to give it up")
    own.core.start()
    with open(own.edge.log, "ab") as log:
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", str(deployments.BIN / "kcmd"), "--config", str(own.edge.config)]
        own.edge.process = subprocess.Popen(command, stdout=log, stderr=log, env=deployments.environment())
    until(own.edge.ready, "the admin port does not answer")
    with own.client("acme-app") as app:
        assert app.create().ok
    own.stop()
