"""Generated from `_async` by `make client`; edit that instead."""

from typing import TYPE_CHECKING

from notification_system.attempts import Attempts, Reply
from notification_system.deployments import Deployment
from notification_system.io_sync import new_http_client, sleep
from notification_system.requests import Request
from notification_system.retries import Retries
from notification_system.version import USER_AGENT

if TYPE_CHECKING:
    import httpx


class Transport:
    """The connection of a client to its API.

    Args:
        deployment: the API's address and signer.
        retries: the bounds of the retries of each request.
        timeout: seconds to wait for a response. API Gateway responds within 29 seconds.
    """

    def __init__(self, deployment: Deployment, retries: Retries, timeout: float) -> None:
        self._url = deployment.url.rstrip("/")
        self._signer = deployment.signer
        self._retries = retries
        self._http = new_http_client(timeout, trust_env=not deployment.is_local)

    @property
    def url(self) -> str:
        """The address of the API, including the stage."""
        return self._url

    def send(self, request: Request) -> Reply:
        """Send a request and return the status and body of its response.

        Raises:
            ApiError: the API refused it; a subclass for each problem type.
            ConnectionFailed: there was no response.
        """
        import httpx  # noqa: PLC0415 - slow to import

        attempts = Attempts(request, self._retries)
        while True:
            try:
                response = self._http.send(self._signed(request))
            except httpx.TransportError as error:
                not_sent = isinstance(
                    error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
                )
                timed_out = isinstance(error, httpx.TimeoutException)
                sleep(attempts.wait_after_failure(error, sent=not not_sent, timed_out=timed_out))
                continue
            wait = attempts.wait_after_response(response)
            if wait is None:
                return attempts.result_of(response)
            sleep(wait)

    def _signed(self, request: Request) -> "httpx.Request":
        """Return the request with a new signature, because a signature expires."""
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            **request.headers,
        }
        outgoing = self._http.build_request(
            request.method, self._url + request.path, headers=headers, content=request.content
        )
        # The signature must cover the URL in the encoding in which it is sent.
        url = outgoing.url
        sent_url = f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}"
        outgoing.headers.update(
            self._signer.sign(request.method, sent_url, headers, request.content)
        )
        return outgoing

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
