"""Rotation of a tenant's L3 sealing key, re-sealing, and what is lost and what is not when an L3 key is revoked."""

import json
import re
import urllib.request

import pytest

import deployment as deployments
import ttlv
from test_sealing import active_key, sealing_key, until

LEASE = 6
REKEY = 4


@pytest.fixture
def leased(own):
    """A deployment whose sealing keys have to be renewed every few seconds."""
    config = own.folder / "edge.yaml"
    config.write_text(re.sub(r"lease: \w+", f"lease: {LEASE}s", config.read_text()))
    return own


def reseal(deployment, *arguments):
    """`kcmctl reseal`; gives its exit code and what it says of each tenant."""
    ended = deployments.run("kcmctl", "reseal", "--config", deployment.folder / "edge.yaml", "--json", *arguments)
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    assert said or ended.returncode, ended
    return ended.returncode, {one["tenant"]: one for one in said}


def generations(progress):
    return {one["generation"]: one["objects"] for one in progress["generations"]}


def test_after_a_rekey_old_records_open_and_resealing_frees_the_old_key(leased):
    leased.start()
    with leased.client("acme-app") as app, leased.client("globex-app") as other, leased.client("acme-admin", "core") as admin:
        old = {active_key(app, f"old-{index}"): None for index in range(20)}
        for key in old:
            old[key] = ttlv.key_bytes(app.get(key))
        globex = active_key(other, "k")
        first = sealing_key(admin)
        made = admin.on(REKEY, first)
        assert made.ok, made
        second = made.identifier
        assert sealing_key(admin) == second and admin.state(first) == 2, "the old key stays Active, without its name"

        # Edge finds out by itself, and old records go on opening.
        until(LEASE, lambda: "generation 2 of the sealing key of acme" in leased.edge.tail())
        new = active_key(app, "new")
        code, said = reseal(leased, "--tenant", "acme", "--count")
        assert code == 0 and generations(said["acme"]) == {1: 20, 2: 1}
        assert {one["generation"]: one["key"] for one in said["acme"]["generations"]} == {1: first, 2: second}
        for key, value in old.items():
            assert ttlv.key_bytes(app.get(key)) == value

        code, said = reseal(leased)
        assert code == 0, said
        assert generations(said["acme"]) == {1: 0, 2: 21} and said["acme"]["resealed"] == 20 and said["acme"]["left"] == 0
        assert generations(said["globex"]) == {1: 1}
        with urllib.request.urlopen(f"http://127.0.0.1:{leased.edge.admin_port}/metrics") as answer:
            assert 'kcm_sealed_objects{tenant="acme",generation="2",current="true"} 21' in answer.read().decode()

        # The old key is not needed any more, also not by a fresh start.
        assert admin.revoke(first, reason=2).ok
        until(2 * LEASE, lambda: "generation 1 of the sealing key of acme stays shut" in leased.edge.tail(400))
        for key, value in old.items():
            assert ttlv.key_bytes(app.get(key)) == value
    leased.edge.stop()
    leased.edge.start()
    with leased.client("acme-app") as app, leased.client("globex-app") as other:
        for key, value in old.items():
            assert ttlv.key_bytes(app.get(key)) == value
        assert app.locate(name="old-3").identifiers == [list(old)[3]], "the index went on"
        assert app.encrypt(new, b"text").ok and other.get(globex).ok
    runs = [line for line in leased.audit_records("edge") if line["operation"] == "Reseal"]
    assert [one["status"] for one in runs if "acme" in one["rule"]] == ["Success"]
    assert leased.verify_audit("edge").returncode == 0


def test_without_resealing_a_revoked_old_key_takes_its_records_and_no_others(leased):
    leased.start()
    with leased.client("acme-app") as app, leased.client("acme-admin", "core") as admin:
        lost = active_key(app, "lost")
        # The first Get changes the attribute Fresh, and any change seals under the current generation.
        assert app.get(lost).ok
        first = sealing_key(admin)
        assert admin.on(REKEY, first).ok
        until(LEASE, lambda: "generation 2 of the sealing key of acme" in leased.edge.tail())
        kept = active_key(app, "kept")
        assert admin.revoke(first, reason=2).ok
        until(LEASE + 2, lambda: not app.get(lost).ok)
        refused = app.get(lost)
        assert refused.reason == "PermissionDenied" and first in refused.message and "earlier sealing key" in refused.message
        assert app.encrypt(kept, b"text").ok
        assert app.locate().identifiers == [kept], "what does not open does not hide the rest"
        code, said = reseal(leased, "--tenant", "acme")
        assert code == 1 and said["acme"]["left"] == 1 and "stay shut" in said["acme"]["message"]
        # Taking rights away needs no key.
        assert app.revoke(lost, reason=2).ok and app.destroy(lost).ok


def test_a_new_key_of_the_name_restores_service_for_new_objects(leased):
    """The kill switch, a restart with it thrown, and the way back."""
    leased.start()
    with leased.client("acme-app") as app, leased.client("globex-app") as other, leased.client("acme-admin", "core") as admin:
        lost, globex = active_key(app, "k"), active_key(other, "k")
        first = sealing_key(admin)
        assert admin.revoke(first, reason=2).ok
        until(LEASE + 2, lambda: not app.encrypt(lost, b"text").ok)
        leased.edge.stop()
        leased.edge.start()
    with leased.client("acme-app") as app, leased.client("globex-app") as other, leased.client("acme-admin", "core") as admin:
        for refused in (app.get(lost), app.encrypt(lost, b"text"), app.create("new")):
            assert refused.reason == "PermissionDenied" and "sealing key" in refused.message, refused
        assert other.get(globex).ok
        # The name is free once the revoked key is destroyed.
        assert admin.destroy(first).ok
        made = active_key(admin, "edge-sealing")
        until(LEASE, lambda: app.create("new").ok)
        refused = app.get(lost)
        assert refused.reason == "PermissionDenied" and first in refused.message
        again = active_key(app, "again")
        assert app.encrypt(again, b"text").ok
        _, said = reseal(leased, "--tenant", "acme", "--count")
        shut = [one for one in said["acme"]["generations"] if one["state"] == "shut"]
        assert [(one["generation"], one["objects"], one["key"]) for one in shut] == [(1, 1, first)]
        # With Core away a fresh start serves neither; back again, what is under the new key.
        leased.edge.stop()
        leased.core.stop()
        leased.edge.start()
    with leased.client("acme-app") as app:
        assert app.get(again).reason == "GeneralFailure"
        leased.core.start()
        until(LEASE, lambda: app.get(again).ok)
        assert not app.get(lost).ok
        assert made != first


def test_resealing_takes_up_where_it_was_interrupted(own):
    own.start()
    with own.client("acme-app") as app, own.client("acme-admin", "core") as admin:
        keys = [active_key(app, f"k-{index}") for index in range(30)]
        assert admin.on(REKEY, sealing_key(admin)).ok
        code, said = reseal(own, "--tenant", "acme", "--rate", "5", "--detach")
        assert code == 0 and said["acme"]["state"] in ("waiting", "running")
        until(10, lambda: progress(own)["resealed"] >= 5)
        # Clients go on meanwhile.
        assert app.revoke(keys[29], reason=1).ok and app.encrypt(keys[28], b"text").ok
    own.edge.kill()
    own.edge.start()
    _, said = reseal(own, "--tenant", "acme", "--count")
    left = generations(said["acme"])
    assert 0 < left[1] < 30 and left[1] + left[2] == 30
    code, said = reseal(own, "--tenant", "acme")
    assert code == 0 and generations(said["acme"]) == {1: 0, 2: 30} and said["acme"]["resealed"] == left[1]
    with own.client("acme-app") as app:
        assert app.state(keys[29]) == 3 and app.get(keys[0]).ok
    assert own.verify_audit("edge").returncode == 0


def progress(deployment):
    """What the admin listener says of the first tenant."""
    with urllib.request.urlopen(f"http://127.0.0.1:{deployment.edge.admin_port}/reseal") as answer:
        fields = dict(re.findall(r"(\w+)=(\S*)", answer.read().decode().splitlines()[0]))
    return {name: int(value) if value.isdigit() else value for name, value in fields.items()}


def test_who_may_not_and_what_is_not_there(own):
    own.start()
    url = f"http://127.0.0.1:{own.edge.admin_port}/reseal"

    def post(path="", headers=None):
        try:
            with urllib.request.urlopen(urllib.request.Request(url + path, method="POST", headers=headers or {})) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert post(headers={"Origin": "http://example.org"}) == 403
    assert post("?tenant=nobody") == 404 and post("?rate=none") == 400
    assert reseal(own, "--tenant", "nobody")[0] == 1
    core = deployments.run("kcmctl", "reseal", "--config", own.folder / "core.yaml")
    assert core.returncode == 2 and "Edge" in core.stderr
