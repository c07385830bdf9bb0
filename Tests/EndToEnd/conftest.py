"""Fixtures: one deployment for all tests that only speak KMIP, a fresh one for those that break it."""

import itertools
import resource

import pytest

import deployment as deployments


def pytest_configure(config):
    # A thousand connections at both ends, whatever the shell allows at first.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    missing = [tool for tool in ("kcmd", "kcmctl") if not (deployments.BIN / tool).exists()]
    if missing:
        raise pytest.UsageError(f"{' and '.join(missing)} not found in {deployments.BIN}: build first, or set KCM_BIN")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the daemons' logs under a failed test."""
    outcome = yield
    report = outcome.get_result()
    used = item.funcargs.get("own") or item.funcargs.get("shared") if hasattr(item, "funcargs") else None
    if report.failed and used is not None:
        report.sections.append(("daemon logs", used.logs()))


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Core and Edge, started once. Tests leave them running and make their own objects."""
    made = deployments.Deployment(tmp_path_factory.mktemp("shared") / "kcm")
    try:
        yield made.start()
        made.stop()
    finally:
        made.abandon()


@pytest.fixture
def own(tmp_path):
    """A configured deployment of this test alone, not started."""
    made = deployments.Deployment(tmp_path / "kcm")
    try:
        yield made
    finally:
        made.abandon()


@pytest.fixture
def app(shared):
    """acme-app at Edge."""
    with shared.client("acme-app") as client:
        yield client


@pytest.fixture
def admin(shared):
    """acme-admin at Core."""
    with shared.client("acme-admin", "core") as client:
        yield client


_numbers = itertools.count(1)


@pytest.fixture
def name(request):
    """A Name that no other test uses."""
    return f"{request.node.originalname}-{next(_numbers)}"


@pytest.fixture
def l4(app, name):
    """An active L4 key of acme."""
    made = app.create(name)
    assert made.ok, made
    assert app.activate(made.identifier).ok
    return made.identifier


@pytest.fixture
def l3(admin, name):
    """An active L3 key of acme."""
    made = admin.create(name)
    assert made.ok, made
    assert made.identifier.startswith("L3-")
    assert admin.activate(made.identifier).ok
    return made.identifier
