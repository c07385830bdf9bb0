"""What one request on the hot path allocates, counted by a preloaded malloc: it may fall, and must not rise unnoticed."""

import os
import struct
import subprocess

import pytest

import deployment as deployments

SOURCE = deployments.ROOT / "Tests/EndToEnd/plugins/malloc-count.c"
ROUNDS = 300

# Allocations a request, audit record, signature and TLS included; each with the connection to itself, so that nothing is shared with a
# neighbour. A build without optimisation makes copies that a release build does not.
BUDGET = {
    "debug": {"get": 67, "encrypt": 46, "decrypt": 44},
    "release": {"get": 19, "encrypt": 22, "decrypt": 20},
}


def build():
    """The kind of build that is under test: only a release build is put where `make build` puts it, or into `release`."""
    return "debug" if "debug" in deployments.BIN.parts else "release"


@pytest.fixture
def counted(own, monkeypatch):
    """A started deployment and what counts the allocations of its Edge."""
    library = own.folder / "malloc-count.so"
    subprocess.run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", SOURCE, "-o", library], check=True)
    counts = own.folder / "counts"
    counts.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("MALLOC_COUNT_FOLDER", str(counts))
        own.start()
    return own, lambda: struct.unpack("=QQ", (counts / str(own.edge.process.pid)).read_bytes())


def test_allocations_of_a_request_do_not_rise(counted):
    deployment, allocations = counted
    with deployment.client("acme-app") as app:
        key = app.create("counted").identifier
        app.activate(key)
        data = bytes(1024)
        sealed = app.encrypt(key, data)
        iv, tag = sealed.get("IVCounterNonce"), sealed.get("AuthenticatedEncryptionTag")
        requests = {
            "get": lambda: app.get(key),
            "encrypt": lambda: app.encrypt(key, data),
            "decrypt": lambda: app.decrypt(key, sealed.get("Data"), iv=iv, tag=tag),
        }
        found = {}
        for name, send in requests.items():
            for _ in range(50):
                assert send().ok
            # The least of three: timers of the daemon allocate as well.
            rounds = []
            for _ in range(3):
                before = allocations()[0]
                for _ in range(ROUNDS):
                    send()
                rounds.append((allocations()[0] - before) / ROUNDS)
            found[name] = min(rounds)
    over = {name: (count, BUDGET[build()][name]) for name, count in found.items() if count > BUDGET[build()][name] + 0.5}
    assert not over, f"allocations a request and their budget: {over}; all: {found}"


# Bytes asked of the allocator for each byte of data that is sealed or opened: the pieces that TLS gives, the message that they make, the response
# that the cipher writes into, and two or more in TLS itself. One more copy would be 1 more.
BYTES = {"encrypt": 6.4, "decrypt": 6.4}


def test_bulk_data_is_not_copied(counted):
    """By the difference of two sizes, so that what a request costs whatever its size does not count."""
    deployment, allocations = counted
    small, large = 224 << 10, 480 << 10
    found = {"encrypt": [], "decrypt": []}
    with deployment.client("acme-app") as app:
        key = app.create("bulk").identifier
        app.activate(key)

        def cost(send):
            before = allocations()[1]
            for _ in range(20):
                assert send().ok
            return (allocations()[1] - before) / 20

        for _ in range(4):
            taken = {}
            for size in (small, large):
                data = os.urandom(size)
                sealed = app.encrypt(key, data)
                iv, tag = sealed.get("IVCounterNonce"), sealed.get("AuthenticatedEncryptionTag")
                taken["encrypt", size] = cost(lambda data=data: app.encrypt(key, data))
                taken["decrypt", size] = cost(lambda sealed=sealed, iv=iv, tag=tag: app.decrypt(key, sealed.get("Data"), iv=iv, tag=tag))
            for name, one in found.items():
                one.append((taken[name, large] - taken[name, small]) / (large - small))
    # The first round is the warm-up.
    assert all(min(found[name][1:]) <= most for name, most in BYTES.items()), f"bytes allocated for a byte of data: {found}; allowed: {BYTES}"
