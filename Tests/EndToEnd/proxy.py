"""A TCP proxy between Edge and Core that a test makes slow, or takes away, while it runs."""

import contextlib
import socket
import threading
import time


class Proxy:
    """Passes bytes from a port of its own to another. `delay` is how many seconds answers are held back."""

    def __init__(self, target):
        self.target = target
        self.delay = 0
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._is_up = True
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()
        self._listener.close()

    def down(self):
        """Cuts all connections, and closes new ones at once."""
        with self._lock:
            self._is_up = False
            cut, self._open = self._open, set()
        for one in cut:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def up(self):
        with self._lock:
            self._is_up = True

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as server:
            with self._lock:
                # Looked at here, so that nobody slips through between the look and the cut.
                if not self._is_up:
                    return
                self._open |= {client, server}
            back = threading.Thread(target=self._pass, args=(server, client, True), daemon=True)
            back.start()
            self._pass(client, server, False)
            back.join()
            with self._lock:
                self._open -= {client, server}

    def _pass(self, source, target, is_answer):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_answer and self.delay:
                    time.sleep(self.delay)
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
