"""Runs LocalStack outside of its image, on this machine's own network address and no other.

LocalStack asks for no credentials, and its default server listens on every interface whatever GATEWAY_LISTEN says. Its
other server, hypercorn, keeps to the address but took five minutes to end after a SIGTERM.
"""

from twisted.internet import endpoints


class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
    def __init__(self, reactor, port, backlog=50, interface="127.0.0.1"):
        super().__init__(reactor, port, backlog, interface)


endpoints.TCP4ServerEndpoint = LoopbackEndpoint

# Imported last: LocalStack binds the class at import.
from localstack.runtime.main import main  # noqa: E402

main()
