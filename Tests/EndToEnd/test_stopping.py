"""SIGTERM ends a daemon whatever is stuck in it: a plugin or a disk that never returns costs the grace, no more."""

import threading
import time

from deployment import until
from test_faulty_plugins import unruly  # noqa: F401 (a fixture)

# Of kcmd: what a stop may take beyond `limits.drain`, and how it ends then.
GRACE = 15
CUT_OFF = 70


def drain_shortly(own):
    config = own.edge.config
    config.write_text(config.read_text() + "limits: {drain: 1s}\n")


def stop_that_is_cut_off(own, what):
    began = time.monotonic()
    assert own.edge.stop() == CUT_OFF, own.edge.tail()
    took = time.monotonic() - began
    assert GRACE - 1 < took < GRACE + 15, f"it took {took:.1f} s"
    said = [line for line in own.edge.log.read_text().splitlines() if "not stopped within" in line]
    assert len(said) == 1 and what in said[0], own.edge.tail()


def test_a_plugin_that_does_not_close(unruly):  # noqa: F811
    unruly.edge.stop()
    drain_shortly(unruly)
    unruly.edge.start()
    with unruly.client("acme-app") as app:
        kept = app.create("kept").identifier
    unruly.control.write_text("close sleep 600000")
    stop_that_is_cut_off(unruly, "closing the keystore unruly")
    unruly.control.unlink()
    assert unruly.verify_audit("edge").returncode == 0
    unruly.edge.start()
    with unruly.client("acme-app") as app:
        assert app.get(kept).ok and app.encrypt(unruly.cached, b"text").ok


def test_a_disk_under_the_audit_log_that_hangs(own):
    """Nothing is answered any more, and nothing was answered without its record."""
    hang = own.folder / "hang"
    own.edge.preload("disk", SYNC_HANG=hang)
    own.set_durability("edge", "fsync")
    drain_shortly(own)
    own.start()
    answered, waiting = [], []

    def work():
        with own.client("acme-app", timeout=60) as app:
            while True:
                try:
                    made = app.create()
                except OSError:
                    return
                if hang.exists():
                    waiting.append(made)
                elif made.ok:
                    answered.append(made.identifier)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    until(lambda: answered, "nothing is answered")
    time.sleep(0.5)
    hang.write_text("edge-audit.jsonl")
    # What the log had taken before is answered still.
    time.sleep(3)
    before = len(waiting)
    time.sleep(1)
    assert len(waiting) == before, "something is answered without the log"
    stop_that_is_cut_off(own, "")
    for worker in workers:
        worker.join(10)
    hang.unlink()
    own.edge.start()
    with own.client("acme-app") as app:
        assert answered and all(app.get(one).ok for one in answered)
    assert own.verify_audit("edge").returncode == 0
    recorded = {one["object"] for one in own.audit_records("edge") if one["operation"] == "Create" and one["status"] == "Success"}
    assert set(answered) <= recorded
