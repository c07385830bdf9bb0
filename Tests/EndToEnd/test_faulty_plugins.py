"""What a bad plugin can do short of a crash: the daemon refuses it with one line, or lives on and says so to client, log and metric."""

import re
import subprocess
import threading
import time
import urllib.request

import pytest

import deployment as deployments

FIXTURE = deployments.ROOT / "Tests/KCMPluginHostTests/Fixtures/fixture.c"
UNRULY = deployments.ROOT / "Tests/EndToEnd/plugins/unruly.c"
HEADER = deployments.ROOT / "plugin-sdk/include"


def build(source, target, *defines):
    options = [f"-D{define}" for define in defines]
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", *options, f"-I{HEADER}", source, "-o", target, "-ldl"],
        check=True,
    )
    return target


def keystore(own, text):
    config = own.edge.config
    config.write_text(re.sub(r"^keystore:.*$", f"keystore: {text}", config.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    "defines, words",
    [
        (["MAGIC=1"], "does not start with the magic number"),
        (["MAJOR=2"], "is built for ABI 2.0; this daemon has 1.0"),
        (["SIZE=16"], "has a descriptor of 16 bytes"),
        (["GET=NULL"], "lacks the store function get"),
        (["NO_ENTRY"], "does not export kcm_plugin_entry"),
        (["NO_INSTANCE"], "opened without giving an instance"),
        (["CAPABILITIES=KCM_CAP_ROOT"], "is no store"),
    ],
)
def test_a_library_that_is_no_good_plugin(own, defines, words):
    library = build(FIXTURE, own.folder / "libkcm-bad.so", *defines)
    keystore(own, f"{{plugin: {library}}}")
    started = deployments.run("kcmd", "--config", own.edge.config)
    assert started.returncode == 1
    lines = [line for line in started.stderr.splitlines() if words in line]
    assert len(lines) == 1 and str(library) in lines[0], started.stderr


@pytest.fixture
def unruly(own):
    """An Edge on a real store that breaks the contract when told to, with one key and what was sealed under it."""
    library = build(UNRULY, own.folder / "libkcm-unruly.so")
    real = deployments.BIN / "libkcm-sqlite.so"
    keystore(own, f"{{plugin: {library}, settings: {{library: {real}, control_file: data/control, path: data/edge.sqlite}}}}")
    own.edge.config.write_text(own.edge.config.read_text() + "plugins: {timeout: 1s}\n")
    own.start()
    own.control = own.folder / "data" / "control"
    with own.client("acme-app") as app:
        own.cached = app.create("cached").identifier
        assert app.activate(own.cached).ok
    return own


def metric(own, **labels):
    text = urllib.request.urlopen(f"http://127.0.0.1:{own.edge.admin_port}/metrics", timeout=deployments.within(5)).read().decode()
    found = 0
    for line in text.splitlines():
        if line.startswith("kcm_plugin_calls_total{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            found += int(line.rsplit(" ", 1)[1])
    return found


# What is asked for, and which call of the plugin that needs.
def locate(app):
    # By name it would be a get.
    return app.locate()


def create(app):
    return app.create()


@pytest.mark.parametrize(
    "fault, operation, call, outcome, words",
    [
        ("scan code 77", locate, "scan", "failed", "result code 77, which the contract does not have"),
        ("scan code 9", locate, "scan", "failed", "no reason given"),
        ("scan long", locate, "scan", "failed", "over its declared limits"),
        ("scan disorder", locate, "scan", "failed", "out of order"),
        ("scan twice", locate, "scan", "failed", ""),
        ("commit code 77", create, "commit", "failed", "result code 77"),
        ("commit never", create, "commit", "ok", "no reason given"),
        ("commit code 3", create, "commit", "failed", "no reason given"),
        ("scan sleep 2500", locate, "scan", "timed_out", "scan did not return within 1"),
        ("commit sleep 2500", create, "commit", "timed_out", "commit did not return within 1"),
    ],
)
def test_a_broken_call_is_told_and_survived(unruly, fault, operation, call, outcome, words):
    with unruly.client("acme-app") as app:
        before = metric(unruly, call=call, outcome=outcome)
        unruly.control.write_text(fault)
        failed = operation(app)
        assert not failed.ok and failed.reason == "GeneralFailure", failed
        assert "unruly" not in failed.message and "77" not in failed.message, "the inner reason is not the client's"
        unruly.control.unlink()
        assert metric(unruly, call=call, outcome=outcome) > before
        said = [line for line in unruly.edge.log.read_text().splitlines() if "plugin unruly" in line and words in line]
        assert len(said) == 1, unruly.edge.tail()
        refused = [one for one in unruly.audit_records("edge") if one["status"] == "OperationFailed"]
        assert len(refused) == 1 and refused[0]["reason"] == "GeneralFailure"
        assert f"trace={refused[0]['trace']}" in said[0], "the line and the record belong together"
        deployments.until(lambda: operation(app).ok, "it does not recover")
    unruly.stop()
    assert unruly.verify_audit("edge").returncode == 0


@pytest.mark.parametrize("fault", ["get code 77", "get never", "get twice", "get long", "get sleep 2500"])
def test_a_broken_get_is_told_at_start(unruly, fault):
    """Start-up reads the format of the records with it."""
    unruly.edge.stop()
    unruly.control.write_text(fault)
    started = deployments.run("kcmd", "--config", unruly.edge.config)
    assert started.returncode == 1
    assert len([line for line in started.stderr.splitlines() if "plugin unruly" in line]) == 1, started.stderr
    unruly.control.unlink()
    unruly.edge.start()
    with unruly.client("acme-app") as app:
        assert app.encrypt(unruly.cached, b"text").ok


def test_a_stuck_plugin_stops_nobody_else(unruly):
    """A commit hangs for seconds: what needs no store is answered at once, on every event loop."""
    seen = []
    # The machine may stand still for a moment; a store that others wait for makes them wait each time.
    for _ in range(3):
        slowest, answers = beside_a_stuck_commit(unruly)
        assert all(not answer.ok and answer.reason == "GeneralFailure" for answer, _ in answers), answers
        seen.append((slowest, max(took for _, took in answers)))
        # A deadline of one second is the answers' own.
        if slowest < deployments.within(0.5) and seen[-1][1] < 4:
            break
        unruly.control.unlink()
        with unruly.client("acme-app") as app:
            deployments.until(lambda: app.create().ok, "it does not recover")
    else:
        pytest.fail(f"seconds of an Encrypt, which needs no store, and of a Create: {seen}")


def beside_a_stuck_commit(unruly):
    """How long an Encrypt takes at most while commits hang, and the answers to those, each with the seconds that it took."""
    unruly.control.write_text("commit sleep 4000")
    answers = []

    def stuck():
        with unruly.client("acme-app") as app:
            began = time.monotonic()
            answers.append((app.create(), time.monotonic() - began))

    threads = [threading.Thread(target=stuck) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    slowest = 0
    for _ in range(8):
        with unruly.client("acme-app") as app:
            for _ in range(20):
                began = time.monotonic()
                assert app.encrypt(unruly.cached, b"text").ok
                slowest = max(slowest, time.monotonic() - began)
    for thread in threads:
        thread.join()
    assert len(answers) == len(threads)
    return slowest, answers


def test_more_than_may_wait_for_a_slow_keystore_is_told_while_it_waits(unruly):
    """Overload is an answer at once: who comes too many does not queue behind what is slow."""
    config = unruly.edge.config
    assert unruly.edge.stop() == 0
    config.write_text(config.read_text().replace("plugins: {timeout: 1s}", "plugins: {timeout: 60s}\nlimits: {in_flight: 2}"))
    unruly.edge.start()
    unruly.control.write_text(f"commit sleep {int(deployments.within(6) * 1000)}")
    answers = []

    def wait():
        with unruly.client("acme-app") as app:
            answers.append(app.create())

    threads = [threading.Thread(target=wait) for _ in range(2)]
    with unruly.client("acme-app") as app:
        assert app.encrypt(unruly.cached, b"text").ok
        for thread in threads:
            thread.start()
        deployments.until(lambda: unruly.metric("edge", "kcm_requests_in_flight") == 2)
        for _ in range(20):
            began = time.monotonic()
            refused = app.create()
            took = time.monotonic() - began
            assert not refused.ok and "limits.in_flight is 2" in refused.message, refused
            assert took < deployments.within(2), f"it took {took:.2f} s to say so"
        # What needs no keystore is not among them.
        assert app.encrypt(unruly.cached, b"text").ok
        assert not answers, "the first two are waiting still"
    for thread in threads:
        thread.join()
    assert [answer.ok for answer in answers] == [True, True], answers


def test_sigterm_does_not_wait_for_a_call_that_never_returns(unruly):
    unruly.control.write_text("commit sleep 600000")
    with unruly.client("acme-app") as app:
        assert not app.create().ok
    began = time.monotonic()
    assert unruly.edge.stop() == 1, "whether that commit was done is not known"
    assert time.monotonic() - began < deployments.within(12)
    assert "did not come back" in unruly.edge.log.read_text()
    assert unruly.verify_audit("edge").returncode == 0
    unruly.control.unlink()
    unruly.edge.start()
    with unruly.client("acme-app") as app:
        assert app.encrypt(unruly.cached, b"text").ok


def test_health_reaches_readiness(unruly):
    unruly.control.write_text("health code 5")
    deployments.until(lambda: not unruly.edge.ready(), "a sick keystore does not show in /readyz")
    unruly.control.unlink()
    deployments.until(unruly.edge.ready, "a sound one does not")
