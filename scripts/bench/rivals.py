"""Other servers that do the same work, started beside ours with the same certificates."""

import base64
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

from services import processor_seconds


def wait_for(what, seconds=30):
    """Calls `what` until it gives something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := what():
                return result
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    sys.exit("compare: a server did not come up")


class Rival:
    """A server process with its log. A context manager."""

    def __init__(self, command, folder, environment=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.command, self.environment = command, environment

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env=self.environment)
        self.ready()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class OpenBao(Rival):
    """Transit engine and KV store, in memory, mutual TLS, file audit on."""

    def __init__(self, bao, folder, port, pki):
        folder = pathlib.Path(folder)
        super().__init__([str(bao), "server", "-config", str(folder / "bao.hcl")], folder)
        self.port, self.pki = port, pki
        (folder / "bao.hcl").write_text(f"""
storage "inmem" {{}}
disable_mlock = true
api_addr = "https://127.0.0.1:{port}"
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_cert_file = "{pki("edge.pem")}"
  tls_key_file = "{pki("edge.key")}"
  tls_client_ca_file = "{pki("ca.pem")}"
  tls_require_and_verify_client_cert = true
}}
audit "file" "file" {{
  options = {{ file_path = "{folder / "audit.log"}" }}
}}
""")

    def connect(self):
        context = ssl.create_default_context(cafile=str(self.pki("ca.pem")))
        context.load_cert_chain(self.pki("acme-app.pem"), self.pki("acme-app.key"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)

    def call(self, method, path, body=None, connection=None):
        connection = connection or self.connect()
        fields = {"X-Vault-Token": getattr(self, "token", ""), "Content-Type": "application/json"}
        connection.request(method, "/v1/" + path, None if body is None else json.dumps(body), fields)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            sys.exit(f"compare: OpenBao answered {path} with {answer.status}: {content.decode(errors='replace')}")
        return json.loads(content) if content else {}

    def ready(self):
        wait_for(lambda: self.call("GET", "sys/seal-status"))
        made = self.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.call("PUT", "sys/unseal", {"key": made["keys"][0]})
        self.token = made["root_token"]
        time.sleep(2)
        self.call("POST", "sys/mounts/transit", {"type": "transit"})
        self.call("POST", "sys/mounts/kv", {"type": "kv"})
        self.call("POST", "transit/keys/bench", {"type": "aes256-gcm96"})
        self.call("POST", "kv/bench", {"key": base64.b64encode(bytes(32)).decode()})

    def measure(self, operation, seconds, connections, size):
        """Keep-alive connections in a closed loop. Returns requests a second and the server's CPU seconds per 1,000."""
        text = base64.b64encode(bytes(size)).decode()
        path = {"encrypt": "transit/encrypt/bench", "decrypt": "transit/decrypt/bench", "get": "kv/bench"}[operation]
        body = {"encrypt": {"plaintext": text}, "get": None}.get(operation)
        if operation == "decrypt":
            body = {"ciphertext": self.call("POST", "transit/encrypt/bench", {"plaintext": text})["data"]["ciphertext"]}
        begin = time.monotonic() + 1
        counts = [0] * connections

        def load(number):
            connection = self.connect()
            while (now := time.monotonic()) < begin + seconds:
                self.call("GET" if body is None else "POST", path, body, connection)
                counts[number] += now >= begin

        threads = [threading.Thread(target=load, args=(number,)) for number in range(connections)]
        for thread in threads:
            thread.start()
        time.sleep(max(begin - time.monotonic(), 0))
        before = processor_seconds(self.process.pid)
        for thread in threads:
            thread.join()
        used = processor_seconds(self.process.pid) - before
        return sum(counts) / seconds, used * 1000 / max(sum(counts), 1)


class PyKMIP(Rival):
    """PyKMIP's server: TLS 1.2, its database a SQLite file."""

    def __init__(self, python, folder, port, pki):
        folder = pathlib.Path(folder)
        super().__init__([str(python), "-c", "from kmip.services.server.server import main; main()", "-f", str(folder / "server.conf"), "-l", str(folder / "server.log")], folder)
        self.port = port
        (folder / "policy").mkdir()
        (folder / "server.conf").write_text(f"""[server]
hostname=127.0.0.1
port={port}
certificate_path={pki("edge.pem")}
key_path={pki("edge.key")}
ca_path={pki("ca.pem")}
auth_suite=TLS1.2
policy_path={folder / "policy"}
enable_tls_client_auth=True
tls_cipher_suites=ECDHE-ECDSA-AES256-GCM-SHA384,ECDHE-RSA-AES256-GCM-SHA384
logging_level=WARNING
database_path={folder / "pykmip.db"}
""")

    def ready(self):
        def connects():
            if self.process.poll() is not None:
                sys.exit(f"compare: PyKMIP's server ended:\n{(self.folder / 'log').read_text()}")
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True

        wait_for(connects)
