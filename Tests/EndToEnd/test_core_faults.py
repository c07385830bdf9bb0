"""A Core that is slow, or comes and goes, while Edge is under load: no wrong answer, and L4 work does not notice."""

import random
import threading
import time

import pytest

import deployment as deployments
from deployment import within
from proxy import Proxy
from test_delegation import active_l3, edit, until_ok


@pytest.fixture
def proxied(own):
    """A deployment with a proxy between Edge and Core."""
    with Proxy(own.base + deployments.CORE_HTTPS) as proxy:
        own.proxy = proxy
        own.url = f"https://127.0.0.1:{proxy.port}/kmip"
        edit(own, r'url: "[^"]*"', f'url: "{own.url}"')
        edit(own, r"timeout: \w+", f"timeout: {int(within(2000))}ms")
        own.start()
        yield own
        own.stop()


def round_trip(app, key, text):
    """The first failure on the way there and back, else None; a wrong answer fails the test."""
    sealed = app.encrypt(key, text)
    if not sealed.ok:
        return sealed
    opened = app.decrypt(key, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"))
    if not opened.ok:
        return opened
    assert opened.get("Data") == text, "another one's answer"
    return None


def outcome(own, kind):
    return own.metric("edge", "kcm_core_requests_total", outcome=kind)


def records_of(own, key):
    return [one for one in own.audit_records("edge") if one["object"] == key]


def test_a_slow_core_is_timed_out_and_its_late_answers_go_to_nobody(proxied):
    l3 = active_l3(proxied)
    with proxied.client("acme-app") as app, proxied.client("acme-app") as other:
        l4 = app.create("dek").identifier
        assert app.activate(l4).ok
        assert round_trip(app, l3, b"before") is None
        proxied.proxy.delay = 0.1
        assert round_trip(app, l3, b"slow, and in time") is None

        proxied.proxy.delay = within(6)
        timeouts = outcome(proxied, "timeout")
        began = time.monotonic()
        failed = round_trip(app, l3, b"too slow")
        assert failed.reason == "GeneralFailure" and "did not answer in time" in failed.message, failed
        assert within(1.9) < time.monotonic() - began < within(5.5)
        assert outcome(proxied, "timeout") == timeouts + 1
        record = records_of(proxied, l3)[-1]
        assert record["rule"] == "core-timeout" and record["status"] == "OperationFailed"
        assert any(f"trace={record['trace']}" in line and proxied.url in line for line in proxied.edge.log.read_text().splitlines())

        # L4 work does not wait behind L3 work that does.
        stuck = threading.Thread(target=round_trip, args=(other, l3, b"too slow as well"))
        stuck.start()
        began = time.monotonic()
        assert round_trip(app, l4, b"text") is None
        assert time.monotonic() - began < within(1.5)
        stuck.join()

        proxied.proxy.delay = 0
        until_ok(lambda: app.encrypt(l3, b"again"))
        for number in range(50):
            assert round_trip(app, l3, f"text {number}".encode()) is None
    assert proxied.verify_audit("edge").returncode == 0


class Worker(threading.Thread):
    """Goes round trips with one key until it is told to end."""

    def __init__(self, own, key, end):
        super().__init__()
        self.own, self.key, self.end = own, key, end
        self.good = 0
        self.failures = []
        self.slowest = 0
        self.problem = None

    def run(self):
        try:
            with self.own.client("acme-app") as app:
                while not self.end.is_set():
                    began = time.monotonic()
                    failed = round_trip(app, self.key, random.randbytes(64))
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    if failed is None:
                        self.good += 1
                    else:
                        self.failures.append(failed)
        except Exception as error:  # For the test to look at.
            self.problem = error


def test_a_core_that_comes_and_goes_under_load(proxied):
    l3 = active_l3(proxied)
    with proxied.client("acme-app") as app:
        l4 = app.create("dek").identifier
        assert app.activate(l4).ok
        assert round_trip(app, l3, b"text") is None
        end = threading.Event()
        below, above = [Worker(proxied, l4, end) for _ in range(3)], [Worker(proxied, l3, end) for _ in range(3)]
        for worker in below + above:
            worker.start()
        for _ in range(5):
            time.sleep(within(1.5))
            proxied.proxy.down()
            time.sleep(0.8)
            proxied.proxy.up()
        time.sleep(within(2))
        end.set()
        for worker in below + above:
            worker.join(within(20))
            assert not worker.is_alive() and worker.problem is None, worker.problem
        # Every one of the L4 round trips.
        assert all(worker.failures == [] for worker in below), below[0].failures
        assert all(worker.good > 50 / deployments.SLOWDOWN for worker in below)
        assert max(worker.slowest for worker in below) < within(5)
        # Of those with Core's key: right, or refused with Core's name.
        failures = [one for worker in above for one in worker.failures]
        assert failures and all(one.reason == "GeneralFailure" and "Core" in one.message for one in failures), failures[:3]
        assert all(worker.good > 10 / deployments.SLOWDOWN for worker in above)
        assert max(worker.slowest for worker in above) < within(10)
        until_ok(lambda: app.encrypt(l3, b"text"))
    log = proxied.edge.log.read_text()
    assert log.count("the circuit to Core at") >= 2 and log.count("its circuit is closed") >= 2
    assert proxied.metric("edge", "kcm_core_circuit_state", url=proxied.url) == 0
    assert outcome(proxied, "unreachable") > 0 and outcome(proxied, "circuit-open") > 0
    rules = {one["rule"] for one in records_of(proxied, l3) if one["status"] != "Success"}
    assert {"core-unreachable", "core-circuit-open"} <= rules <= {"core-unreachable", "core-circuit-open", "core-timeout"}, rules
    for side in ("edge", "core"):
        assert proxied.verify_audit(side).returncode == 0
    print(f"L4: {sum(worker.good for worker in below)}; L3: {sum(worker.good for worker in above)} right, {len(failures)} refused")
