"""What Edge does when the connection to Core ends in the middle, and when more ask than there are connections."""

import concurrent.futures
import time

import pytest

import fake_core
from deployment import within
from test_delegation import assert_failure, edit, metric, outcome

L3 = "L3-00000000-0000-4000-8000-000000000000"
POINTS = [fake_core.BEFORE_READING, fake_core.AFTER_HALF, fake_core.AFTER_ALL, fake_core.WITHIN_ANSWER]
# Of CoreConnectionPool.
MOST_CONNECTIONS = 16


@pytest.mark.parametrize("point", POINTS)
def test_a_connection_that_ends_in_its_first_request(own, point):
    """Nothing says that the same Core would do better on another connection."""
    with fake_core.FakeCore(own, point) as core:
        own.edge.start()
        with own.client("acme-app") as app:
            assert_failure(own, app, L3, "unreachable", "not reachable")
        assert core.connections == 1
        assert len(core.requests) == (0 if point == fake_core.BEFORE_READING else 1)


@pytest.mark.parametrize("point", POINTS)
def test_over_a_kept_connection_encrypt_is_sent_once_more(own, point):
    with fake_core.FakeCore(own, fake_core.ANSWER, point, fake_core.ANSWER, point) as core:
        own.edge.start()
        with own.client("acme-app") as app:
            assert app.encrypt(L3, b"text").ok
            assert app.encrypt(L3, b"text").ok, "the second connection serves it"
            assert core.connections == 2 and metric(own, "kcm_core_repeats_total") == 1
            # Now the connection that is made for it ends, too.
            assert_failure(own, app, L3, "unreachable", "not reachable")
            assert core.connections == 3 and metric(own, "kcm_core_repeats_total") == 2


def ask_all(own, count):
    """So many clients ask at once; returns the results, and in how many seconds they came."""
    clients = [own.client("acme-app") for _ in range(count)]
    try:
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            began = time.monotonic()
            return list(pool.map(lambda client: client.encrypt(L3, b"text"), clients)), time.monotonic() - began
    finally:
        for client in clients:
            client.socket.close()


def test_connections_to_core_are_bounded_and_requests_wait(own):
    edit(own, r"timeout: \w+", "timeout: 20s")
    with fake_core.FakeCore(own, fake_core.ANSWER, delay=0.5) as core:
        own.edge.start()
        results, took = ask_all(own, 4 * MOST_CONNECTIONS)
        assert all(result.ok for result in results)
        assert core.most == MOST_CONNECTIONS and core.connections == MOST_CONNECTIONS
        # Four rounds of 0.5 s: they did wait.
        assert took >= 2
        assert outcome(own, "answered") == 4 * MOST_CONNECTIONS


def test_waiting_for_a_connection_ends_with_the_time_of_the_request(own):
    edit(own, r"timeout: \w+", "timeout: 6s")
    with fake_core.FakeCore(own, fake_core.ANSWER, delay=4):
        own.edge.start()
        results, took = ask_all(own, 3 * MOST_CONNECTIONS)
        # Were they all served, the last would be after twelve.
        assert took < within(10)
        served = [result for result in results if result.ok]
        late = [result for result in results if not result.ok]
        assert len(served) >= MOST_CONNECTIONS and len(late) >= MOST_CONNECTIONS
        assert {result.message for result in late} <= {"Core did not answer in time", "Core is not reachable; it is asked again in a moment"}
        assert outcome(own, "timeout") >= MOST_CONNECTIONS
    rules = [record["rule"] for record in own.audit_records("edge") if record["status"] != "Success"]
    assert rules.count("core-timeout") >= MOST_CONNECTIONS
