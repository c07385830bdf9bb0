"""The official KMIP 1.4 test cases against an Edge: every one passes that is not listed here with a reason, and no listed one passes."""

import json
import os
import pathlib

import pytest

import deployment as deployments

CASES = pathlib.Path(os.environ.get("KCM_TESTCASES", deployments.ROOT.parent / "shared/kmip/testcases-1.4"))

# Case → why it does not pass. None at present; the list can only grow with a reason, and shrinks when a listed case passes.
KNOWN_FAILURES = {}
# Case → why it cannot be replayed by a client over this encoding.
ANOTHER_ENCODING = {"MSGENC-HTTPS-M-1-14": "https-ttlv", "MSGENC-XML-M-1-14": "https-xml", "MSGENC-JSON-M-1-14": "https-json"}
SERVER_IS_CLIENT = {"TC-NP-1-14", "TC-Q-S2C-1-14"}

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the official test cases are not at {CASES}; set KCM_TESTCASES")


def replay(shared, transport, *cases):
    """The report of `kcmctl conformance`, by case."""
    offset = deployments.EDGE_KMIP if transport == "ttlv" else deployments.EDGE_HTTPS
    chosen = ["--case", *cases] if cases else []
    ran = deployments.run(
        "kcmctl", "conformance", CASES, "--server", f"127.0.0.1:{shared.base + offset}", "--identity", shared.pki("acme-app"),
        "--trust", shared.pki("ca.pem"), "--transport", transport, "--json", *chosen, timeout=300,
    )
    assert ran.returncode in (0, 1), ran.stderr
    report = json.loads(ran.stdout)
    assert (ran.returncode == 1) == (report["failed"] > 0)
    print(f"{transport}: {report['passed']} passed, {report['failed']} failed, {report['not_run']} not run")
    return {case["case"]: case for case in report["cases"]}


def test_the_official_cases(shared):
    results = replay(shared, "ttlv")
    assert len(results) == len(list(CASES.glob("*.xml")))
    failed = {name: result["detail"] for name, result in results.items() if result["result"] == "failed"}
    unexpected = {name: why for name, why in failed.items() if name not in KNOWN_FAILURES}
    assert not unexpected, "\n".join(f"{name}: {why}" for name, why in unexpected.items())
    mended = [name for name in KNOWN_FAILURES if results[name]["result"] == "passed"]
    assert not mended, f"these pass now, take them out of the list: {mended}"
    assert {name for name, result in results.items() if result["result"] == "not run"} == SERVER_IS_CLIENT | set(ANOTHER_ENCODING)


@pytest.mark.parametrize("case", ANOTHER_ENCODING)
def test_the_cases_of_another_encoding(shared, case):
    result = replay(shared, ANOTHER_ENCODING[case], case)[case]
    if case in KNOWN_FAILURES:
        assert result["result"] == "failed", f"{case} passes now, take it out of the list"
    else:
        assert result["result"] == "passed", result.get("detail")


@pytest.mark.parametrize("transport", ["https-ttlv", "https-xml", "https-json"])
def test_the_official_cases_in_each_encoding(shared, transport):
    results = replay(shared, transport)
    failed = {name: result["detail"] for name, result in results.items() if result["result"] == "failed"}
    assert not failed, "\n".join(f"{name}: {why}" for name, why in failed.items())
    not_run = {name for name, result in results.items() if result["result"] == "not run"}
    assert not_run <= SERVER_IS_CLIENT | set(ANOTHER_ENCODING)


# They fetch a key from Core, or expect one there that is not Sensitive.
AGAINST_THE_SEPARATION = {
    "AKLC-O-1-14", "AX-M-1-14", "AX-M-2-14", "SASED-M-3-14", "SKFF-M-5-14", "SKFF-M-6-14", "SKFF-M-7-14", "SKFF-M-8-14", "SKFF-M-9-14", "SKFF-M-10-14",
    "SKFF-M-11-14", "SKFF-M-12-14", "SKLC-O-1-14", "TC-DERIVEKEY-1-10", "TC-MDO-1-14", "TC-PKCS12-1-14", "TC-WRAP-1-14", "TL-M-2-14", "TL-M-3-14",
}


def test_the_cases_at_core(own):
    own.core.start()
    ran = deployments.run(
        "kcmctl", "conformance", CASES, "--config", own.core.config, "--identity", own.pki("acme-admin"), "--trust", own.pki("ca.pem"), "--json", timeout=300,
    )
    results = {case["case"]: case for case in json.loads(ran.stdout)["cases"]}
    failed = {name for name, result in results.items() if result["result"] == "failed"}
    assert failed == AGAINST_THE_SEPARATION, failed ^ AGAINST_THE_SEPARATION


def test_a_used_server_is_left_as_it_was(shared, app):
    """What the cases made is destroyed: a second run finds nothing of the first."""
    cases = ["SASED-M-3-14", "SKLC-M-1-14", "SKFF-M-1-14"]
    for _ in range(2):
        assert all(result["result"] == "passed" for result in replay(shared, "ttlv", *cases).values())


def test_a_wrong_answer_is_seen(shared, tmp_path):
    """A case that asks for what the server does not do fails, with the path to the difference."""
    text = (CASES / "OMOS-M-1-14.xml").read_text()
    (tmp_path / "OMOS-M-1-14.xml").write_text(text.replace('<Operation type="Enumeration" value="Destroy"/>\n    <ResultStatus type="Enumeration" value="Success"/>',
                                                           '<Operation type="Enumeration" value="Destroy"/>\n    <ResultStatus type="Enumeration" value="OperationFailed"/>'))
    report = tmp_path / "report.md"
    ran = deployments.run(
        "kcmctl", "conformance", tmp_path, "--server", f"127.0.0.1:{shared.base + deployments.EDGE_KMIP}", "--identity", shared.pki("acme-app"),
        "--trust", shared.pki("ca.pem"), "--markdown", report,
    )
    assert ran.returncode == 1, ran.stdout
    assert "answer 2, BatchItem/ResultStatus: expected OperationFailed, got Success" in ran.stdout
    assert "0 passed, 1 failed, 0 not run" in report.read_text()
