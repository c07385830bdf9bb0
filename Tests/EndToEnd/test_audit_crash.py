"""SIGKILL under load, again and again: the log verifies, and every change that was committed has its record."""

import os
import random
import threading
import time

import pytest

import ttlv
from deployment import until, within

ROUNDS = int(os.environ.get("KCM_CRASH_ROUNDS", "6"))
# The State that each step of a key's life leaves behind, in the order that `load` takes them.
MAKING = ("Create", "Register")
STATES = {"Activate": 2, "Revoke": 3, "Destroy": 5}
WHO = {"edge": "acme-app", "core": "acme-admin"}


def load(own, side, stop, answered, number):
    """Makes, activates, revokes and destroys keys until the daemon is gone. Appends to `answered` a list of each key: what it is, and
    the steps that were answered."""
    try:
        with own.client(WHO[side], side) as client:
            while not stop.is_set():
                name = f"load-{number}-{random.randrange(1 << 48)}"
                making = random.choice(MAKING)
                made = client.create(name) if making == "Create" else client.register(os.urandom(32), name)
                if not made.ok:
                    return
                identifier, steps = made.identifier, [making]
                answered.append((identifier, steps))
                if client.activate(identifier).ok:
                    steps.append("Activate")
                if random.random() < 0.5 and client.revoke(identifier).ok:
                    steps.append("Revoke")
                    if client.destroy(identifier).ok:
                        steps.append("Destroy")
    except (ConnectionError, OSError):
        return


def step(state):
    """How many steps a key has taken after its making."""
    return [1, *STATES.values()].index(state)


@pytest.mark.parametrize("durability", ["write", "fsync"])
@pytest.mark.parametrize("side", ["edge", "core"])
def test_every_committed_change_has_its_record(own, side, durability):
    own.set_durability(side, durability)
    daemon = own.edge if side == "edge" else own.core
    if side == "edge":
        own.core.start()
    answered, last = [], []
    unknown = 0
    for _ in range(ROUNDS):
        daemon.start()
        stop, before = threading.Event(), len(answered)
        threads = [threading.Thread(target=load, args=(own, side, stop, answered, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        # At any moment of the work, which has to have begun.
        until(lambda: len(answered) >= before + 2, "nothing is answered")
        time.sleep(within(random.uniform(0, 0.4)))
        daemon.kill()
        stop.set()
        for thread in threads:
            thread.join()
        # The keys that the kill met.
        last += answered[-2 * len(threads):]
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
        states = {identifier: client.state(identifier) for identifier in random.sample(sorted(there), min(len(there), 150))}
        # What was answered is in the store; of the next step the answer may be what the kill took.
        for identifier, steps in {one[0]: one for one in last + random.sample(answered, min(len(answered), 100))}.values():
            kept = client.on("GetAttributes", identifier, ttlv.text("AttributeName", "State"))
            assert kept.ok, f"{identifier}: {steps[-1]} was answered, and it is not in the store: {kept}"
            taken = step(ttlv.attributes(kept)["State"][0])
            assert taken in (len(steps) - 1, len(steps)), f"{identifier}: {steps[-1]} was answered, and the store has {taken} steps after the first"
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
        assert known.intersection(MAKING), f"{identifier} is in the store and not in the log"
        unknown += not recorded.get(identifier, set()).intersection(MAKING)
    for identifier, state in states.items():
        if identifier in provisioned:
            continue
        known = recorded.get(identifier, set()) | intended.get(identifier, set())
        assert state == 1 or "Activate" in known, identifier
        assert state != 3 or "Revoke" in known, identifier
    for identifier, steps in answered:
        assert set(steps) <= recorded[identifier], f"of {identifier}, {steps} were answered and {recorded[identifier]} recorded"
    print(f"{side} {durability}: {ROUNDS} kills, {len(there)} objects, {len(answered)} keys, {unknown} whose making is known by its intent alone")


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
