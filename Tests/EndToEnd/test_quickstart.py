"""The first thing that anyone runs."""

import subprocess

import deployment as deployments


def test_quickstart_holds_its_conversation(tmp_path):
    base, reservation = deployments.free_base_port()
    environment = {
        **deployments.environment(),
        "KCM_BIN": str(deployments.BIN), "KCM_DEMO": str(tmp_path / "demo"), "KCM_DEMO_PORT": str(base),
    }
    for _ in range(2):  # a second run finds the folder and goes on
        done = subprocess.run(
            [str(deployments.ROOT / "scripts" / "quickstart.sh"), "--exit"], capture_output=True, text=True, timeout=120, env=environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "(decrypted: order 4711: 3 boxes)" in done.stdout
        assert done.stdout.count("(refused, as it must be)") == 2
    reservation.close()
