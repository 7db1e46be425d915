"""Wait for assets in Airflow (extra `airflow`).

A deferred sensor occupies no worker: its trigger waits in the triggerer, for one asset or for many.
The key is in a connection, which sensor and trigger read by its id; no trigger contains it.

- Waits are at-least-once: a triggerer that takes over another's trigger polls all its assets again,
  even those whose waits have ended. A poll has no side effects.
- A result may be delivered twice, as a task may run twice: identify it by asset id.
- Waits are stored only in Airflow's database. If that is lost, run the tasks again.
- The kill of a triggerer delays its waits: another, or the same after a restart, takes them over
  `[triggerer] triggerer_health_check_threshold` (30 by default) seconds after its last heartbeat.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, BaseSensorOperator, PokeReturnValue, conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSensorTimeout
from airflow.triggers.base import BaseTrigger, TriggerEvent

from babou import AssetFailedError, AsyncClient, BabouError, Client, Done, Failed, PollPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from airflow.sdk import Connection, Context

__all__ = ["BabouAssetSensor", "BabouAssetTrigger", "BabouHook"]

_DEFAULT_CONNECTION = "babou_default"
_RAISED = {"AssetFailedError": AirflowFailException, "WaitTimeoutError": AirflowSensorTimeout}
"""The exception of a task for a class of error; after any other, Airflow may try it again."""


class BabouHook(BaseHook):
    """Makes clients from a connection of type `babou`.

    The password is the API key; the host is the base URL, by default the client's own.

    Args:
        babou_conn_id: The connection's id.
    """

    conn_name_attr = "babou_conn_id"
    default_conn_name = _DEFAULT_CONNECTION
    conn_type = "babou"
    hook_name = "Babou"

    def __init__(self, babou_conn_id: str = _DEFAULT_CONNECTION) -> None:
        super().__init__()
        self.babou_conn_id = babou_conn_id

    def get_conn(self) -> Client:
        """Return a new client.

        Raises:
            AirflowException: The connection has no key.
            ConfigurationError: Its key or base URL can't be used.
        """
        connection = self.get_connection(self.babou_conn_id)
        return Client(_key(connection), base_url=_base_url(connection))

    async def get_async_conn(self) -> AsyncClient:
        """Return a new asynchronous client; raise as `get_conn` does."""
        connection = await self.aget_connection(self.babou_conn_id)
        return AsyncClient(_key(connection), base_url=_base_url(connection))


class BabouAssetTrigger(BaseTrigger):
    """Waits for assets, and fires once, when all waits have ended.

    Its event has a `status`. With `success`, `assets` are the documents in the order of the ids.
    With `error`, `error` is the class of the most important error, and `message` has all texts.

    Args:
        asset_ids: What to wait for. One trigger may hold thousands.
        started_at: When the waits began.
        timeout: Seconds that the waits may take from then.
        poke_interval: Seconds between two polls of an asset; by default `PollPolicy` decides.
        babou_conn_id: The connection's id.
    """

    def __init__(
        self,
        *,
        asset_ids: Sequence[str],
        started_at: datetime,
        timeout: float,
        poke_interval: float | None = None,
        babou_conn_id: str = _DEFAULT_CONNECTION,
    ) -> None:
        super().__init__()
        self.asset_ids = list(asset_ids)
        self.started_at = started_at
        self.timeout = timeout
        self.poke_interval = poke_interval
        self.babou_conn_id = babou_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what another process makes this trigger from."""
        members = ("asset_ids", "started_at", "timeout", "poke_interval", "babou_conn_id")
        return (
            f"{__name__}.{type(self).__name__}",
            {member: getattr(self, member) for member in members},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and yield the event."""
        assets, errors = dict[str, dict[str, Any]](), list[BabouError]()
        poll = None
        if self.poke_interval is not None:
            poll = PollPolicy.fixed(self.poke_interval, max_attempts=None)
        async with await BabouHook(self.babou_conn_id).get_async_conn() as client:
            waits = client.with_options(poll=poll).assets.wait_many(
                self.asset_ids, timeout=self.timeout, started_at=self.started_at
            )
            async for result in waits:
                if result.error:
                    errors.append(result.error)
                else:
                    assets[result.asset_id] = result.asset.to_dict()
        if not errors:
            found = [assets[asset_id] for asset_id in self.asset_ids]
            yield TriggerEvent({"status": "success", "assets": found})
            return
        errors.sort(key=lambda error: not isinstance(error, AssetFailedError))
        message = " ".join(map(str, errors))
        yield TriggerEvent(
            {"status": "error", "error": type(errors[0]).__name__, "message": message}
        )


class BabouAssetSensor(BaseSensorOperator):
    """Waits until an asset, or each of several, is ready; returns what `Asset.to_dict` returns.

    A failed asset fails the task for good (`AirflowFailException`), the end of `timeout` as with
    any sensor (`AirflowSensorTimeout`). After passing errors it polls again. Other errors, such as
    a wrong key or an unknown asset, fail the task, and `retries` says whether it runs again.

    Args:
        asset_id: What to wait for; for a list, the result is a list in the same order. Templated.
        babou_conn_id: The connection with the API key and the base URL. Templated.
        deferrable: Whether to wait in the triggerer; by default `[operators] default_deferrable`.
            Otherwise `mode` says how to wait, and Airflow decides when to poll.
        poke_interval: Seconds between two polls. By default, a deferred task polls by `PollPolicy`
            (pauses grow with the wait and respect Retry-After), any other every 60 seconds.
        kwargs: `timeout`, `mode`, `soft_fail` … as for any sensor.
    """

    template_fields: Sequence[str] = ("asset_id", "babou_conn_id")

    def __init__(
        self,
        *,
        asset_id: str | Sequence[str],
        babou_conn_id: str = _DEFAULT_CONNECTION,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poke_interval: timedelta | float | None = None,
        **kwargs: Any,  # noqa: ANN401 (as inherited)
    ) -> None:
        if poke_interval is not None:
            kwargs["poke_interval"] = poke_interval
        super().__init__(**kwargs)
        self.asset_id = asset_id
        self.babou_conn_id = babou_conn_id
        self.deferrable = deferrable
        self.own_pauses = poke_interval is None

    def execute(self, context: Context) -> Any:  # noqa: ANN401 (as inherited)
        """Wait here, or poll once and defer."""
        if not self.deferrable:
            return super().execute(context)
        started_at = datetime.now(UTC)
        found = self.poke(context)
        if found:
            return found.xcom_value
        trigger = BabouAssetTrigger(
            asset_ids=self._asset_ids(),
            started_at=started_at,
            timeout=self.timeout,
            poke_interval=None if self.own_pauses else self.poke_interval,
            babou_conn_id=self.babou_conn_id,
        )
        # The trigger ends the wait. If no triggerer runs, Airflow does, by this time-out.
        margin = timedelta(seconds=self.timeout + 60)
        return self.defer(trigger=trigger, method_name="execute_complete", timeout=margin)

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002 (as inherited)
        """Poll each asset once.

        Raises:
            AirflowException: Another poll is of no use.
        """
        assets = list[dict[str, Any]]()
        asset_ids = self._asset_ids()
        with BabouHook(self.babou_conn_id).get_conn() as client:
            once = client.with_options(max_retries=0)
            for asset_id in asset_ids:
                outcome = _poll(once, asset_id)
                match PollPolicy().step(asset_id, outcome, elapsed=0.0, timeout=self.timeout):
                    case Done(asset):
                        assets.append(asset.to_dict())
                    case Failed(error):
                        raise _exception(type(error).__name__, str(error)) from error
        return PokeReturnValue(len(assets) == len(asset_ids), self._result(assets))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:  # noqa: ANN401, ARG002 (as inherited)
        """Return what the trigger has found, or raise as `poke` does."""
        if event["status"] == "error":
            raise _exception(event["error"], event["message"])
        return self._result(event["assets"])

    def _asset_ids(self) -> list[str]:
        return [self.asset_id] if isinstance(self.asset_id, str) else list(self.asset_id)

    def _result(self, assets: list[dict[str, Any]]) -> Any:  # noqa: ANN401 (a document, or several)
        return next(iter(assets), None) if isinstance(self.asset_id, str) else assets


def _poll(client: Client, asset_id: str) -> Any:  # noqa: ANN401
    try:
        return client.assets.get(asset_id)
    except BabouError as error:
        return error


def _exception(error: str, message: str) -> AirflowException:
    """Return the exception of a task for a class of error."""
    return _RAISED.get(error, AirflowException)(message)


def _key(connection: Connection) -> str:
    if not connection.password:
        raise AirflowException(
            f"The connection {connection.conn_id!r} has no key: set its password to the API key."
        )
    return str(connection.password)


def _base_url(connection: Connection) -> str | None:
    """Return the base URL, from whichever fields of the connection its parts are in."""
    host = connection.host
    if not host:
        return None
    scheme = "" if "://" in host else f"{connection.schema or 'https'}://"
    port = f":{connection.port}" if connection.port else ""
    return f"{scheme}{host}{port}"
