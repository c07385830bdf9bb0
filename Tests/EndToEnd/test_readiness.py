"""/readyz while something that a daemon needs is away, and when it is back: without a request that would tell, and without a restart."""

import contextlib

from deployment import until
from test_audit_disk import why_not_ready
from test_pkcs11 import token, use  # noqa: F401


def test_core_without_the_token_of_its_root(own, token):  # noqa: F811
    use(own, "root")
    own.start()
    assert why_not_ready(own.core) == ""
    tokens = next((token / "tokens").iterdir())
    aside = token / "aside"
    tokens.rename(aside)
    until(lambda: "root of trust" in why_not_ready(own.core))
    assert "the token kcm is not there" in why_not_ready(own.core)
    assert why_not_ready(own.edge) == "", "Edge serves on what it holds"
    aside.rename(tokens)
    until(lambda: why_not_ready(own.core) == "")
    own.stop()


@contextlib.contextmanager
def moved(path):
    """A file that is away for a while."""
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


def test_edge_without_its_store(own):
    own.start()
    with own.client("acme-app") as app:
        assert app.create().ok
        with moved(own.folder / "data" / "edge.sqlite"):
            until(lambda: "keystore" in why_not_ready(own.edge))
            assert "moved or removed" in why_not_ready(own.edge)
        until(lambda: why_not_ready(own.edge) == "")
        assert app.create().ok
    own.stop()
