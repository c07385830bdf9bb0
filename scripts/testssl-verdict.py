"""Reads testssl.sh's JSON reports; prints what weighs more than LOW and fails where there is such a finding, or no report at all."""

import json
import pathlib
import sys

WEIGHTS = ("MEDIUM", "HIGH", "CRITICAL")
# A scan that ended early has fewer lines than this.
LEAST = 40
# What a run must have looked at, so that a scan that saw nothing is not a good one.
REQUIRED = ("TLS1_2", "TLS1_3", "heartbleed", "cert_chain_of_trust")


def verdict(path):
    try:
        findings = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        return [f"{path.stem}: no report: {error}"]
    seen = {finding["id"].split(" ")[0] for finding in findings}
    faults = [f"{path.stem}: nothing was found out about {name}" for name in REQUIRED if name not in seen]
    if len(findings) < LEAST:
        faults.append(f"{path.stem}: {len(findings)} findings only: the scan did not finish")
    for finding in findings:
        if finding["severity"] in WEIGHTS or "scanProblem" in finding["id"]:
            faults.append(f"{path.stem}: {finding['severity']}: {finding['id']}: {finding['finding']}")
    print(f"{path.stem}: {len(findings)} findings")
    return faults


if __name__ == "__main__":
    reports = [pathlib.Path(name) for name in sys.argv[1:]]
    faults = [fault for report in reports for fault in verdict(report)] or ([] if reports else ["there is no report"])
    print("\n".join(faults) or "nothing above LOW")
    sys.exit(bool(faults))
