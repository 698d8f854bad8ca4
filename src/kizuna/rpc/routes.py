"""RPC operations over HTTP."""

from kizuna.http.routes import Routes
from kizuna.rpc.handler import RpcHandler


def routes(handler: RpcHandler) -> Routes:
    """Both verbs of a call; the dispatcher hands them over undecoded, as everything below their path."""
    api = Routes("RPC")
    for name in ("RpcFunc", "RpcFunc2"):
        api.operation(name)(handler.__call__)
    return api
