"""A Core whose root of trust, and then its store too, is a PKCS#11 token: SoftHSM, made as the plugin's page says."""

import pathlib
import re
import shutil
import subprocess
import time

import pytest

import deployment as deployments

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PAGE = deployments.ROOT / "Plugins" / "pkcs11" / "README.md"


def shell_blocks():
    """The commands of the plugin's page: a token, and a new version of the root key."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    return blocks


def shell(folder, commands):
    done = subprocess.run(["bash", "-euc", commands], cwd=folder, capture_output=True, text=True, timeout=deployments.within(60))
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def token(own, monkeypatch):
    """The folder `hsm` beside Core's configuration, with a token."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(own.folder / "hsm" / "softhsm2.conf"))
    shell(own.folder, shell_blocks()[0])
    return own.folder / "hsm"


def use(own, *sections):
    """Puts the token in place of the plugins of these sections of Core's configuration."""
    config = own.core.config
    for section in sections:
        create = ", create: yes" if section == "root" else ""
        line = f"{section}: {{plugin: pkcs11, settings: {{module: {MODULE}, token: kcm, pin_file: hsm/pin{create}}}}}"
        text, count = re.subn(rf"^{section}:.*(\n[ \t]+.*)*$", line, config.read_text(), flags=re.MULTILINE)
        assert count == 1, config.read_text()
        config.write_text(text)


def conversation(own, name):
    """What an application does with a data key at Edge; returns how to see it again."""
    with own.client("acme-app") as app:
        made = app.create(name)
        assert made.ok, made
        assert app.activate(made.identifier).ok
        sealed = app.encrypt(made.identifier, b"order 4711")
        assert sealed.ok, sealed
        assert app.get(made.identifier).ok
        return made.identifier


def keys_at_core(own, name):
    with own.client("acme-admin", "core") as admin:
        made = admin.create(name)
        assert made.ok, made
        assert admin.activate(made.identifier).ok
        return made.identifier


@pytest.mark.parametrize("sections", [["root"], ["root", "keystore"]], ids=["root", "root and store"])
def test_core_lives_on_a_token(own, token, sections):
    use(own, *sections)
    checked = deployments.run("kcmd", "--config", own.core.config, "--check")
    assert checked.returncode == 0, checked.stderr
    own.start()
    l4, l3 = conversation(own, "before"), keys_at_core(own, "kept")
    with own.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    own.core.kill()
    own.core.start()
    own.edge.stop()
    own.edge.start()
    # Edge has to ask Core again, which has to open its keys with the token.
    with own.client("acme-app") as app:
        assert app.get(l4).ok
        assert app.encrypt(l3, b"text").ok
    conversation(own, "after")
    own.stop()
    assert own.verify_audit("core").returncode == 0
    if "keystore" in sections:
        assert not (own.folder / "data" / "core.sqlite").exists()


def test_a_new_version_of_the_root_key_opens_what_the_old_one_wrapped(own, token):
    use(own, "root")
    own.start()
    l3 = keys_at_core(own, "old")
    own.core.stop()
    shell(own.folder, shell_blocks()[1])
    own.core.start()
    with own.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    keys_at_core(own, "new")
    own.stop()


def test_a_store_moves_onto_the_token_and_back(own, token):
    use(own, "root")
    own.start()
    l3 = keys_at_core(own, "kept")
    own.core.stop()
    files = own.core.config.read_text()
    use(own, "keystore")
    target = own.folder / "new.yaml"
    target.write_text(own.core.config.read_text())
    own.core.config.write_text(files)
    copied = deployments.run("kcmctl", "keystore", "copy", "--from", own.core.config, "--to", target)
    assert copied.returncode == 0, copied.stdout + copied.stderr
    use(own, "keystore")
    (own.folder / "data" / "core.sqlite").unlink()
    own.core.start()
    with own.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    own.core.stop()
    verified = deployments.run("kcmctl", "keystore", "verify", own.core.config)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    target.write_text(files)
    copied = deployments.run("kcmctl", "keystore", "copy", "--from", own.core.config, "--to", target)
    assert copied.returncode == 0, copied.stdout + copied.stderr
    own.core.config.write_text(files)
    own.core.start()
    with own.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    own.stop()


def test_without_its_token_core_says_so_and_does_not_start(own, token):
    use(own, "root")
    shutil.move(token / "tokens", token / "elsewhere")
    (token / "tokens").mkdir()
    for arguments in (["--check"], []):
        done = deployments.run("kcmd", "--config", own.core.config, *arguments)
        assert done.returncode != 0
        assert "plugin pkcs11" in done.stderr and "the token kcm is not there" in done.stderr, done.stderr


def test_a_wrong_pin_says_so(own, token):
    use(own, "root")
    (token / "pin").write_text("0000\n")
    done = deployments.run("kcmd", "--config", own.core.config)
    assert done.returncode != 0
    assert "refuses the PIN in" in done.stderr and "0000" not in done.stderr, done.stderr


def test_core_on_a_token_that_leaves_and_returns(own, token):
    """Commits fail while it is away, what is open serves on, and nothing has to be restarted."""
    use(own, "root", "keystore")
    own.start()
    l3 = keys_at_core(own, "there")
    tokens = next((token / "tokens").iterdir())
    aside = token / "aside"
    tokens.rename(aside)
    with own.client("acme-admin", "core") as admin:
        refused = admin.create("away")
        assert not refused.ok
    with own.client("acme-app") as app:
        assert app.encrypt(l3, b"text").ok
    aside.rename(tokens)
    with own.client("acme-admin", "core") as admin:
        deployments.until(lambda: admin.create(f"back-{time.monotonic()}").ok, "it does not recover")
    assert "the token kcm is not there" in pathlib.Path(own.core.log).read_text()
    own.stop()
