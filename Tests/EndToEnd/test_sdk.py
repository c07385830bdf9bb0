"""A stranger's plugins: built out of the tree with make and pkg-config alone, checked, and run by a daemon."""

import os
import re
import shutil
import subprocess

import pytest

import deployment as deployments
from test_faults import conversation

EXAMPLES = {"logbook": ("c", "path={folder}/edge.log"), "shelf": ("cpp", None)}


@pytest.fixture(scope="module")
def sdk(tmp_path_factory):
    """The SDK as `make build` installs it."""
    prefix = tmp_path_factory.mktemp("sdk") / "dist"
    subprocess.run([deployments.ROOT / "scripts/install-sdk.sh", prefix], check=True)
    return prefix


@pytest.fixture(params=EXAMPLES)
def example(request, sdk, tmp_path):
    """One example, built in a folder of its own."""
    language, _ = EXAMPLES[request.param]
    folder = tmp_path / "author"
    shutil.copytree(deployments.ROOT / "plugin-sdk/examples" / language, folder)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PKG_CONFIG", "KCM_", "MAKE"))}
    subprocess.run(["make", f"KCM={sdk}", "CFLAGS=-O2 -Wall -Wextra -Werror", "CXXFLAGS=-O2 -Wall -Wextra -Werror"], cwd=folder, env=clean, check=True)
    return request.param, folder / f"libkcm-{request.param}.so"


def test_it_exports_the_entry_alone(example):
    _, library = example
    said = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in said.splitlines()] == ["kcm_plugin_entry"]


def test_it_passes_the_kit(example, tmp_path):
    name, library = example
    options = ["--settings", "path={dir}/store.log"] if name == "logbook" else []
    done = deployments.run("kcmctl", "plugin", "check", library, "--rounds", "25", *options, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "0 failed" in done.stdout.splitlines()[-1]
    assert (name == "shelf") == ("skipped  store.durable.crash" in done.stdout)


def test_an_edge_runs_on_it(example, own):
    name, library = example
    _, settings = EXAMPLES[name]
    text = f"{{plugin: {library}}}"
    if settings:
        key, value = settings.format(folder=own.folder).split("=")
        text = f"{{plugin: {library}, settings: {{{key}: {value}}}}}"
    own.edge.config.write_text(re.sub(r"^keystore:.*$", f"keystore: {text}", own.edge.config.read_text(), flags=re.MULTILINE))
    own.start()
    conversation(own)
    if settings is None:
        return
    with own.client("acme-app") as app:
        key = app.create("lasting").identifier
        assert app.activate(key).ok
        sealed = app.encrypt(key, b"text")
    own.edge.kill()
    own.edge.start()
    with own.client("acme-app") as app:
        opened = app.decrypt(key, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"))
        assert opened.get("Data") == b"text"
