"""The audit log: one record for each batch item, no secret in it, and no change that goes unseen."""

import json

import pytest

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


def test_another_key_does_not_verify(shared, copy):
    done = shared.verify_audit("core", shared.audit_log("edge"))
    assert done.returncode == 1
