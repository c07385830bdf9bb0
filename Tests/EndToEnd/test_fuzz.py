"""The decoders of what comes over the network, under kcm-fuzz: no crash, nothing slow, bounded memory.

KCM_FUZZ_INPUTS says how many inputs each decoder gets; a million take some minutes.
"""

import os
import pathlib
import subprocess

import pytest

import deployment as deployments

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where the official cases are at hand, they are part of the corpus.
CASES = ROOT.parent / "shared/kmip/testcases-1.4"


def tool():
    """A part of the tests, not of what is shipped: it is built with them."""
    return next(path for path in (deployments.BIN / "kcm-fuzz", ROOT / ".build/debug/kcm-fuzz") if path.exists())


def fuzz(decoder, inputs, *options):
    corpus = [ROOT / "Tests/Fuzz/frames.hex", *([CASES] if CASES.exists() else [])]
    return subprocess.run([tool(), "--decoder", decoder, "--inputs", str(inputs), *options, *corpus], capture_output=True, text=True, timeout=7200)


@pytest.mark.parametrize("decoder", ["ttlv", "payload", "xml", "json"])
def test_decoders_stand_anything(decoder):
    inputs = int(os.environ.get("KCM_FUZZ_INPUTS", 20000))
    done = fuzz(decoder, inputs)
    assert done.returncode == 0, done.stdout + done.stderr
    taken = int(done.stdout.split(" taken")[0].rsplit(" ", 1)[1])
    assert taken > inputs / 200, f"the changes are too wild to get past the first check: {done.stdout}"
