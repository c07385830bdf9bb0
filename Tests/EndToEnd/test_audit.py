"""The audit log: one record for each batch item, no secret in it, and no change that goes unseen."""

import json
import random

import pytest

import deployment
import ttlv

TEXT = b"plaintext-that-must-not-be-logged"


def test_both_logs_verify(shared, l4, l3, app):
    assert app.encrypt(l4, TEXT).ok
    assert app.encrypt(l3, TEXT).ok
    for side in ("core", "edge"):
        done = shared.verify_audit(side)
        assert done.returncode == 0, done.stdout + done.stderr


def test_one_record_for_each_batch_item(shared, app, l4):
    before = len(shared.audit_records("edge"))
    get = ("Get", [ttlv.text("UniqueIdentifier", l4)])
    missing = ("Get", [ttlv.text("UniqueIdentifier", "L4-none")])
    results = app.batch(get, missing, get, header=[ttlv.enumeration("BatchErrorContinuationOption", 1)])
    assert [result.ok for result in results] == [True, False, True]
    records = shared.audit_records("edge")[before:]
    mine = [record for record in records if record["operation"] == "Get"]
    assert [record["object"] for record in mine] == [l4, "L4-none", l4]
    assert [record["reason"] for record in mine if record["status"] != "Success"] == ["ItemNotFound"]
    assert len({record["trace"] for record in mine}) == 1


def test_a_refusal_is_recorded(shared, name):
    with shared.client("acme-auditor") as auditor:
        assert auditor.create(name).reason == "PermissionDenied"
    last = [record for record in shared.audit_records("edge") if record["operation"] == "Create"][-1]
    assert last["reason"] == "PermissionDenied"
    assert last["service"] == "acme-auditor"


def test_core_records_the_client_and_the_edge(shared, app, l3):
    assert app.encrypt(l3, TEXT).ok
    at_core = [record for record in shared.audit_records("core") if record["operation"] == "Encrypt" and record["object"] == l3][-1]
    at_edge = [record for record in shared.audit_records("edge") if record["operation"] == "Encrypt" and record["object"] == l3][-1]
    assert at_core["service"] == "acme-app"
    assert at_core["via"]["service"] == "edge"
    assert at_core["trace"] == at_edge["trace"]


def test_no_secret_is_logged(shared, app, l4):
    sealed = app.encrypt(l4, TEXT)
    key = ttlv.key_bytes(app.get(l4))
    everything = b"".join(
        path.read_bytes() for side in ("core", "edge") for path in (shared.audit_log(side), shared.folder / f"{side}.log") if path.exists()
    )
    for secret in (TEXT, key, sealed.get("Data")):
        for form in (secret, secret.hex().encode(), secret.hex().upper().encode()):
            assert form not in everything


@pytest.fixture
def copy(shared, app, l4, tmp_path):
    """The lines of a copy of Edge's log, and a function that verifies changed lines."""
    for _ in range(3):
        assert app.encrypt(l4, TEXT).ok
    lines = shared.audit_log("edge").read_text().splitlines(keepends=True)
    changed = tmp_path / "copy.jsonl"

    def verify(new):
        changed.write_text("".join(new))
        return shared.verify_audit("edge", changed)

    assert verify(lines).returncode == 0
    return lines, verify


def edited(line):
    record = json.loads(line)
    return line.replace("Success", "Refused", 1) if "Success" in line else line.replace(str(record["time"]), str(record["time"])[:-1] + "0", 1)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda lines, at: lines[:at] + [edited(lines[at])] + lines[at + 1 :], id="edited"),
        pytest.param(lambda lines, at: lines[:at] + lines[at + 1 :], id="removed"),
        pytest.param(lambda lines, at: lines[:at] + [lines[at]] + lines[at:], id="inserted"),
        pytest.param(lambda lines, at: lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2 :], id="reordered"),
        pytest.param(lambda lines, at: lines[1:], id="beginning removed"),
    ],
)
def test_tampering_is_found(copy, tamper):
    lines, verify = copy
    at = next(n for n, line in enumerate(lines) if '"operation"' in line and "Success" in line)
    changed = tamper(lines, at)
    assert changed != lines
    done = verify(changed)
    assert done.returncode == 1, done.stdout


def test_a_cut_off_end_is_found(copy):
    """Cut inside the last line, and behind a record that no checkpoint covers any more."""
    lines, verify = copy
    assert verify(lines[:-1] + [lines[-1][: len(lines[-1]) // 2]]).returncode == 1
    last_record = max(n for n, line in enumerate(lines) if '"operation"' in line)
    assert verify(lines[: last_record + 1]).returncode == 1


def test_a_cut_off_end_behind_a_checkpoint_is_found_by_the_expected_sequence(shared, copy, tmp_path):
    lines, _ = copy
    last = json.loads(lines[-1])["seq"]
    checkpoints = [n for n, line in enumerate(lines) if '"kind":"checkpoint"' in line]
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(lines[: checkpoints[-2] + 1]))
    silent = shared.verify_audit("edge", cut)
    assert silent.returncode == 0 and not json.loads(silent.stdout)["ends_in_close"]
    found = shared.verify_audit("edge", cut, expect=last)
    assert found.returncode == 1
    assert [finding["kind"] for finding in json.loads(found.stdout)["findings"]] == ["missing"]


def test_a_replaced_file_is_found(shared, copy):
    """Another daemon's log, whole and signed, in place of this one."""
    assert shared.verify_audit("edge", shared.audit_log("core")).returncode == 1


def test_every_random_change_of_a_byte_is_found(copy):
    """Flips of one bit anywhere in a real log."""
    lines, verify = copy
    whole = bytearray("".join(lines[:40] if '"kind":"checkpoint"' in lines[39] else lines[: 1 + next(n for n in range(39, len(lines)) if '"checkpoint"' in lines[n])]).encode())
    for _ in range(60):
        at = random.randrange(len(whole))
        flip = 1 << random.randrange(7)
        whole[at] ^= flip
        done = verify([whole.decode("latin-1")])
        assert done.returncode == 1, f"byte {at}"
        whole[at] ^= flip


def test_both_logs_tell_one_story(shared, app, l3):
    """Actor, edge and trace of a delegated Encrypt, over both logs."""
    assert app.encrypt(l3, TEXT).ok
    trace = [record for record in shared.audit_records("edge") if record["operation"] == "Encrypt" and record["object"] == l3][-1]["trace"]
    shown = deployment.run("kcmctl", "audit", "show", "--trace", trace, "--json", shared.audit_log("edge"), shared.audit_log("core"))
    assert shown.returncode == 0, shown.stderr
    records = {record["node"]: record for record in map(json.loads, shown.stdout.splitlines()) if record["operation"] == "Encrypt"}
    assert set(records) == {"edge-1", "core-1"}
    at_edge, at_core = records["edge-1"], records["core-1"]
    for field in ("tenant", "service", "roles", "subject", "issuer", "serial", "fingerprint", "object", "operation", "status"):
        assert at_edge[field] == at_core[field], field
    assert (at_edge["served_by"], at_core["served_by"]) == ("core", "local")
    assert "via" not in at_edge and at_core["via"]["service"] == "edge"
    people = deployment.run("kcmctl", "audit", "show", "--trace", trace, shared.audit_log("edge"), shared.audit_log("core")).stdout
    assert "acme/acme-app via edge" in people and "by Core" in people


def test_the_changes_of_an_undo_batch_name_who_asked(shared, name):
    """One commit for the batch; each object's intent says which operation and whose."""
    with shared.client("acme-app") as client:
        attributes = [
            ttlv.attribute("Cryptographic Algorithm", ttlv.enumeration("AttributeValue", ttlv.AES)),
            ttlv.attribute("Cryptographic Length", ttlv.integer("AttributeValue", 256)),
            ttlv.attribute("Cryptographic Usage Mask", ttlv.integer("AttributeValue", ttlv.ENCRYPT)),
            ttlv.name_attribute(name),
        ]
        make = ("Create", [ttlv.enumeration("ObjectType", 2), ttlv.structure("TemplateAttribute", *attributes)])
        results = client.batch(make, ("Activate", []), header=[ttlv.enumeration("BatchErrorContinuationOption", 3)])
        assert [result.ok for result in results] == [True, True], results
    made = results[0].identifier
    lines = [line for line in shared.audit_lines("edge", "intent", "item") if line["object"] == made]
    intents = [line for line in lines if line["kind"] == "intent"]
    assert [(line["operation"], line["service"]) for line in intents] == [("Activate", "acme-app")]
    assert {line["trace"] for line in lines} == {intents[0]["trace"]}
    assert json.loads(shared.verify_audit("edge").stdout)["changes_without_result"] == 0


def test_keys_that_the_daemons_make_have_records(shared, app, l4):
    """L2 keys at Core, sealing keys at Edge, provisioned L3 keys."""
    own = {side: [line for line in shared.audit_lines(side, "intent") if line["transport"] == "internal"] for side in ("core", "edge")}
    assert {line["object"] for line in own["core"]} >= {"t/l2/1", "t/blind"}
    assert {line["object"] for line in own["edge"]} == {"t/seal/1"}
    assert all(line["operation"] == "Create" for side in own.values() for line in side)
    assert any(line["rule"] == "provision: acme" for line in own["core"])


def test_another_key_does_not_verify(shared, copy):
    done = shared.verify_audit("core", shared.audit_log("edge"))
    assert done.returncode == 1


def test_a_failure_that_is_answered_at_once_is_logged_in_its_trace(own):
    """Encrypt with a key that is in memory is done on the event loop, within the call."""
    fails = own.folder / "fails"
    own.edge.preload("cipher", CIPHER_FAILS=fails)
    own.start()
    with own.client("acme-app") as app:
        key = app.create().identifier
        assert app.activate(key).ok
        assert app.encrypt(key, b"text").ok
        fails.touch()
        failed = app.encrypt(key, b"text")
        fails.unlink()
        assert not failed.ok and failed.reason == "CryptographicFailure", failed
        assert app.encrypt(key, b"text").ok
    own.stop()
    record = next(one for one in own.audit_records("edge") if one["operation"] == "Encrypt" and one["reason"] == "CryptographicFailure")
    lines = [line for line in own.edge.log.read_text().splitlines() if " error " in line]
    assert len(lines) == 1 and f"trace={record['trace']}" in lines[0], lines
