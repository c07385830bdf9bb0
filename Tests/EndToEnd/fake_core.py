"""A TLS server in Core's place, with Core's certificate: counts what reaches it and ends connections at chosen points."""

import socket
import ssl
import threading
import time

import deployment as deployments
import ttlv

BEFORE_READING, AFTER_HALF, AFTER_ALL, WITHIN_ANSWER, ANSWER = "before reading", "after half", "after all", "within the answer", "answer"


class FakeCore:
    """`plan` says what becomes of each request in turn, the last for all others. Each answer comes after `delay` seconds."""

    def __init__(self, deployment, *plan, delay=0):
        self.plan, self.delay = list(plan), delay
        self.requests, self.connections, self.open, self.most = [], 0, 0, 0
        self.lock = threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(deployment.pki("core.pem"), deployment.pki("core.key"))
        self.context.load_verify_locations(deployment.pki("ca.pem"))
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", deployment.base + deployments.CORE_HTTPS), backlog=100)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Ends the accept that is under way, too.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _next(self):
        with self.lock:
            return self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]

    def _serve(self, plain):
        try:
            stream = self.context.wrap_socket(plain, server_side=True)
        except OSError:
            return plain.close()
        with self.lock:
            self.connections += 1
            self.open += 1
            self.most = max(self.most, self.open)
        try:
            while self._exchange(stream):
                pass
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= 1
            stream.close()

    def _exchange(self, stream):
        """One request; whether the connection goes on."""
        first = stream.recv(1)
        if not first:
            return False
        point = self._next()
        if point == BEFORE_READING:
            return False
        head = first
        while not head.endswith(b"\r\n\r\n"):
            head += stream.recv(1)
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        body = b""
        wanted = length // 2 if point == AFTER_HALF else length
        while len(body) < wanted:
            body += stream.recv(wanted - len(body))
        with self.lock:
            self.requests.append(body)
        if point in (AFTER_HALF, AFTER_ALL):
            return False
        time.sleep(self.delay)
        answer = encrypted(ttlv.decode(body))
        if point == WITHIN_ANSWER:
            stream.sendall(http(len(answer)) + answer[: len(answer) // 2])
            return False
        stream.sendall(http(len(answer)) + answer)
        return True


def http(length):
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n".encode()


def encrypted(request):
    """The answer to an Encrypt."""
    item = request.child("BatchItem")
    version = ttlv.structure("ProtocolVersion", ttlv.integer("ProtocolVersionMajor", 1), ttlv.integer("ProtocolVersionMinor", 4))
    return ttlv.encode(ttlv.structure(
        "ResponseMessage",
        ttlv.structure("ResponseHeader", version, ("TimeStamp", ttlv.DATE, 1_700_000_000), ttlv.integer("BatchCount", 1)),
        ttlv.structure(
            "BatchItem", ttlv.enumeration("Operation", item.get("Operation")), ttlv.enumeration("ResultStatus", 0),
            ttlv.structure(
                "ResponsePayload", ttlv.text("UniqueIdentifier", item.get("RequestPayload", "UniqueIdentifier")), ttlv.octets("Data", b"sealed")),
        ),
    ))
