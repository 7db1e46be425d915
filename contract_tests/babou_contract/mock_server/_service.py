"""What a connection asks: the API, the storage, and the admin API where it is switched on."""

import logging
from collections.abc import Callable

from attrs import frozen

from ._admin import ADMIN, Admin
from ._app import App
from ._documented import error
from ._messages import RecordedRequest, Request, Response
from ._reception import Intake

_ADMIN_BODY = 16 << 20  # bytes

_logger = logging.getLogger("babou_contract.mock_server")


@frozen
class Service:
    """Answers the requests of all connections."""

    app: App
    admin: Admin | None
    on_request: Callable[[RecordedRequest], None] | None

    def intake(self, request: Request) -> Intake:
        """Say what is to become of the body of a request whose head is here."""
        if self._is_admins(request):
            return Intake(wanted=True, limit=_ADMIN_BODY)
        return self.app.intake(request)

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        try:
            if self.admin and self._is_admins(request):
                return self.admin.handle(request)
            answer = self.app.handle(request)
            self._tell()
        except Exception:
            _logger.exception("the mock server failed on %s %s", request.method, request.target)
            return error(500, "MOCK_SERVER_FAILED")
        return answer

    def abandon(self, request: Request) -> None:
        """Note a request that ended before its body did."""
        self.app.record(request, None)
        self._tell()

    def _is_admins(self, request: Request) -> bool:
        return self.admin is not None and request.path.startswith(ADMIN)

    def _tell(self) -> None:
        if self.on_request:
            self.on_request(self.app.recorded[-1])
