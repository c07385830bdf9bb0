"""SIGKILL under load, again and again: the log verifies, and every change that was committed has its record."""

import os
import random
import threading
import time

import pytest

from deployment import until, within

ROUNDS = int(os.environ.get("KCM_CRASH_ROUNDS", "6"))
WHO = {"edge": "acme-app", "core": "acme-admin"}


def load(own, side, stop, answered, number):
    """Makes, activates, revokes and destroys keys until the daemon is gone."""
    try:
        with own.client(WHO[side], side) as client:
            while not stop.is_set():
                made = client.create(f"load-{number}-{random.randrange(1 << 48)}")
                if not made.ok:
                    return
                answered.append((made.identifier, "Create"))
                if client.activate(made.identifier).ok:
                    answered.append((made.identifier, "Activate"))
                if random.random() < 0.5 and client.revoke(made.identifier).ok:
                    answered.append((made.identifier, "Revoke"))
                    if client.destroy(made.identifier).ok:
                        answered.append((made.identifier, "Destroy"))
    except (ConnectionError, OSError):
        return


@pytest.mark.parametrize("durability", ["write", "fsync"])
@pytest.mark.parametrize("side", ["edge", "core"])
def test_every_committed_change_has_its_record(own, side, durability):
    own.set_durability(side, durability)
    daemon = own.edge if side == "edge" else own.core
    if side == "edge":
        own.core.start()
    answered = []
    unknown = 0
    for _ in range(ROUNDS):
        daemon.start()
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(own, side, stop, answered, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(within(random.uniform(0.05, 0.4)))
        daemon.kill()
        stop.set()
        for thread in threads:
            thread.join()
        # A torn end is what a crash leaves; the next start cuts it off and says so.
        daemon.start()
        verified = own.verify_audit(side)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        daemon.stop()

    daemon.start()
    with own.client(WHO[side], side) as client:
        there = set()
        while True:
            page = client.locate(maximum=500, offset=len(there)).identifiers
            there.update(page)
            if len(page) < 500:
                break
        states = {identifier: client.state(identifier) for identifier in random.sample(sorted(there), min(len(there), 300))}
    recorded, intended = {}, {}
    provisioned = set()
    for line in own.audit_lines(side, "item", "intent"):
        if line["rule"] == "provision":
            provisioned.add(line["object"])
        target = recorded if line["kind"] == "item" and line["status"] == "Success" else intended
        target.setdefault(line["object"], set()).add(line["operation"])
    assert len(there) > ROUNDS
    for identifier in there:
        known = recorded.get(identifier, set()) | intended.get(identifier, set())
        assert "Create" in known, f"{identifier} is in the store and not in the log"
        unknown += "Create" not in recorded.get(identifier, set())
    for identifier, state in states.items():
        if identifier in provisioned:
            continue
        known = recorded.get(identifier, set()) | intended.get(identifier, set())
        assert state == 1 or "Activate" in known, identifier
        assert state != 3 or "Revoke" in known, identifier
    for identifier, operation in answered:
        assert operation in recorded[identifier], f"{operation} of {identifier} was answered and has no record"
    print(f"{side} {durability}: {ROUNDS} kills, {len(there)} objects, {len(answered)} answers, {unknown} whose Create is known by its intent alone")


def test_an_intent_comes_before_its_change(own):
    own.start()
    with own.client("acme-app") as app:
        key = app.create("one").identifier
        assert app.activate(key).ok
        assert app.get(key).ok
    lines = [line for line in own.audit_lines("edge", "item", "intent") if line["object"] == key]
    assert [(line["kind"], line["operation"], line["status"]) for line in lines] == [
        ("intent", "Create", "OperationPending"), ("item", "Create", "Success"),
        ("intent", "Activate", "OperationPending"), ("item", "Activate", "Success"),
        # The first Get changes Fresh, so it is a change too.
        ("intent", "Get", "OperationPending"), ("item", "Get", "Success"),
    ]
    assert lines[0]["trace"] == lines[1]["trace"] and lines[0]["subject"] == lines[1]["subject"]


def test_nothing_is_changed_while_the_log_cannot_be_written(own):
    """The very operation that meets the failure is not done either."""
    own.start()
    with own.client("acme-app") as app:
        assert app.create("before").ok
        log = own.audit_log("edge")
        limit = log.stat().st_size + 100
        os.system(f"prlimit --pid {own.edge.process.pid} --fsize={limit}:unlimited")
        try:
            refused = app.create("never")
            assert not refused.ok and "audit log" in refused.message
        finally:
            os.system(f"prlimit --pid {own.edge.process.pid} --fsize=unlimited:unlimited")
        until(lambda: app.create("after").ok)
        assert app.locate(name="never").identifiers == []
        assert len(app.locate(name="after").identifiers) == 1
    assert own.verify_audit("edge").returncode == 0
