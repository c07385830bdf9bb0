"""The wall clock is put back, or forward, under running daemons; the machine's own stays as it is."""

import json
import os
import re
import time

import pytest

import ttlv
from deployment import until, within
from test_audit_rotation import archives
from test_connections import refused

HOUR = 3600
LEASE = 12


class Clock:
    """The wall clock of both daemons, as seconds before or after the true one."""

    def __init__(self, own, ahead):
        self.file = own.folder / "clock"
        self.ahead = 0
        self.put(ahead)
        for daemon in (own.core, own.edge):
            daemon.preload("clock", WALL_CLOCK=self.file)

    def put(self, ahead):
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead}\n")
        os.replace(new, self.file)
        self.ahead = ahead

    @property
    def now(self):
        return int(time.time()) + self.ahead


@pytest.fixture
def clocked(own):
    """An hour ahead: put right, their certificates have begun still."""
    config = own.edge.config
    config.write_text(re.sub(r"lease: \w+", f"lease: {LEASE}s", config.read_text()))
    own.clock = Clock(own, HOUR)
    return own


def active(app, name, *attributes, **options):
    fields = [
        ttlv.attribute("Cryptographic Algorithm", ttlv.enumeration("AttributeValue", ttlv.AES)),
        ttlv.attribute("Cryptographic Length", ttlv.integer("AttributeValue", 256)),
        ttlv.attribute("Cryptographic Usage Mask", ttlv.integer("AttributeValue", ttlv.ENCRYPT | ttlv.DECRYPT)),
        ttlv.name_attribute(name),
    ]
    made = app.call("Create", ttlv.enumeration("ObjectType", 2), ttlv.structure("TemplateAttribute", *fields, *attributes))
    assert made.ok, made
    assert app.activate(made.identifier).ok
    return made.identifier


def date(name, value):
    return ttlv.attribute(name, ("AttributeValue", ttlv.DATE, value))


def opens(app, key, sealed):
    return app.decrypt(key, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"))


@pytest.mark.parametrize("side", ["edge", "core"])
def test_a_clock_put_back_is_told_and_the_chain_holds(clocked, side):
    clocked.start()
    daemon, who = (clocked.edge, "acme-app") if side == "edge" else (clocked.core, "acme-admin")
    with clocked.client(who, side) as client:
        before = client.create("before").identifier
        clocked.clock.put(0)
        after = client.create("after").identifier
        until(lambda: "the wall clock was put back by 3600 s" in daemon.log.read_text(), daemon.tail())
        assert client.get(before).reason != "ItemNotFound"
        with clocked.client(who, side) as late:
            assert late.create("late").ok
    assert clocked.metric(side, "kcm_clock_steps_total", direction="back") == 1
    assert clocked.metric(side, "kcm_clock_steps_total", direction="forward") == 0
    clocked.stop()
    verified = clocked.verify_audit(side)
    assert verified.returncode == 0, verified.stdout
    # In the log, too, it is told where the times go back; the sequence does not.
    lines = [json.loads(line) for line in clocked.audit_log(side).read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    order = [line["object"] for line in lines if line["kind"] == "item" and line["operation"] == "Create" and line["object"] in (before, after)]
    assert order == [before, after]
    times = [line["time"] for line in lines if line["kind"] == "item" and line["object"] in (before, after)]
    assert times[0] > times[1], "the clock was not put back at all"
    step = [line for line in lines if line["kind"] == "item" and line["operation"] == "ClockStep"]
    assert len(step) == 1 and "put back by 3600 s" in step[0]["rule"]
    assert any("put back" in line and f"trace={step[0]['trace']}" in line for line in daemon.log.read_text().splitlines())


@pytest.mark.parametrize("to", [0, 2 * HOUR], ids=["back", "forward"])
def test_a_lease_is_not_moved_by_the_wall_clock(clocked, to):
    clocked.start()
    with clocked.client("acme-app") as app:
        key = active(app, "k")
        clocked.core.kill()
        gone = time.monotonic()
        clocked.clock.put(to)
        # Two thirds of the lease are left at least.
        while time.monotonic() - gone < LEASE / 2:
            assert app.encrypt(key, b"text").ok, "the lease ended early"
            time.sleep(0.1)
        until(lambda: not app.encrypt(key, b"text").ok, "the lease did not end")
        assert time.monotonic() - gone < LEASE + LEASE / 3 + within(10)
        clocked.core.start()
        until(lambda: app.encrypt(key, b"text").ok, "it does not recover")


def test_dates_follow_the_wall_clock_and_states_do_not_go_back(clocked):
    clocked.start()
    with clocked.client("acme-app") as app:
        soon = clocked.clock.now + 60
        stopping = active(app, "stopping", date("Protect Stop Date", soon))
        starting = active(app, "starting", date("Process Start Date", soon))
        sealed = app.encrypt(starting, b"text")
        assert sealed.ok and app.encrypt(stopping, b"text").ok
        assert "Process Start Date" in opens(app, starting, sealed).message
        clocked.clock.put(HOUR + 60)
        until(lambda: opens(app, starting, sealed).ok, "the Process Start Date does not come")
        assert "Protect Stop Date" in app.encrypt(stopping, b"text").message
        revoked, compromised, destroyed = (active(app, name) for name in ("revoked", "compromised", "destroyed"))
        assert app.revoke(revoked).ok and app.revoke(compromised, reason=2).ok
        assert app.revoke(destroyed).ok and app.destroy(destroyed).ok

        clocked.clock.put(0)
        assert "Process Start Date" in opens(app, starting, sealed).message
        assert app.encrypt(stopping, b"text").ok
        # What was done to an object stays done, although its dates are to come now.
        states = [app.state(key) for key in (starting, revoked, compromised, destroyed)]
        assert states == [2, 3, 4, 5]
        assert not app.encrypt(revoked, b"text").ok and not app.get(destroyed).ok
        clocked.clock.put(HOUR + 60)
        assert opens(app, starting, sealed).ok
    clocked.stop()


def test_certificates_that_have_not_begun_are_refused_until_the_clock_is_right(clocked):
    clocked.clock.put(0)
    clocked.start()
    with clocked.client("acme-admin", "core") as admin:
        l3 = admin.create("kek").identifier
        assert admin.activate(l3).ok
    with clocked.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    clocked.clock.put(-24 * HOUR)
    assert refused(lambda: clocked.client("acme-app")) and refused(lambda: clocked.client("acme-admin", "core"))
    until(lambda: re.search("not valid yet|not yet valid", clocked.edge.log.read_text()), "it is not told why")
    clocked.clock.put(0)
    with clocked.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    assert clocked.verify_audit("edge").returncode == 0


def test_a_log_is_rotated_by_age_although_the_clock_went_back(clocked):
    clocked.set_audit("edge", "durability: write, rotate: {age: 4s}")
    clocked.start()
    with clocked.client("acme-app") as app:
        clocked.clock.put(0)
        assert app.create().ok
        until(lambda: archives(clocked), "it waits for an hour")
    clocked.edge.stop()
    assert clocked.verify_audit("edge", clocked.audit_log("edge"), *archives(clocked)).returncode == 0
