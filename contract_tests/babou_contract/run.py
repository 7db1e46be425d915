"""A whole run: the boundaries side by side, then the verdict.

The boundaries without a server (1 and 2) are busy, those with one (3 and 4) wait much, schemathesis
takes long to get ready: so they run at the same time.
"""

import contextlib
import importlib.util
import platform
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from babou_contract.checks import coverage, registry
from babou_contract.checks.registry import Check
from babou_contract.checks.verdict import verdict_of
from babou_contract.model import (
    Boundary,
    CheckResult,
    Report,
)
from babou_contract.probing.redaction import Redactor
from babou_contract.probing.session import Session
from babou_contract.settings import Settings
from babou_contract.specification import spec, usable
from babou_contract.specification.references import MissingError, UnusableError

if TYPE_CHECKING:
    from babou_contract.probing.observations import Observations

Listener = Callable[[CheckResult], object]

_TELLS_WHY = "docs-spec/the-spec-is-lint-clean"
_MODULES = {  # imported when their boundary is checked: some take long
    Boundary.docs_spec: "babou_contract.checks.docs_page",
    Boundary.spec_generated: "babou_contract.checks.generation",
    Boundary.spec_server: "babou_contract.checks.spec_server",
    Boundary.client_server: "babou_contract.checks.client_behaviour",
}


def run(settings: Settings, on_result: Listener = lambda _result: None) -> Report:
    """Check what the settings say, and tell each result as it comes.

    Without a base URL the mock server is started and checked. The key is in nothing that is told.
    Where the specification cannot be used, one check tells why, and the others are not judged.

    Raises:
        UnusableError: The specification cannot even be read.
    """
    unusable = usable.problem(spec.load())
    with _target(settings, unusable) as (complete, mode):
        redact = Redactor(complete.api_key)
        told = _Run(complete, mode, lambda result: on_result(redact(result)), unusable).report()
        report: Report = redact(told)
        return report


_NEEDS = {  # what a boundary imports, by the name that pip knows
    Boundary.docs_spec: ("jsonschema", "openapi_spec_validator"),
    Boundary.spec_generated: ("hypothesis", "jsonschema"),
    Boundary.spec_server: ("schemathesis", "jsonschema", "h11"),
    Boundary.client_server: ("jsonschema", "h11"),
}


def require(settings: Settings) -> None:
    """Look for what the boundaries need, without importing it.

    Raises:
        ImportError: Something is not installed; its `name` says what.
    """
    for boundary in settings.only:
        for name in _NEEDS[boundary]:
            if importlib.util.find_spec(name) is None:
                raise ImportError(f"{name} is not installed", name=name)


def checks_of(boundary: Boundary) -> tuple[Check, ...]:
    """Return the checks of a boundary."""
    return tuple(import_module(_MODULES[boundary]).CHECKS)


@contextlib.contextmanager
def _target(settings: Settings, unusable: UnusableError | None) -> Iterator[tuple[Settings, str]]:
    is_needed = any(boundary.needs_server for boundary in settings.only) and not unusable
    if settings.base_url is not None or not is_needed:
        yield settings, "mock" if settings.base_url is None else "live"
        return
    from babou_contract.mock_server import MockServer  # noqa: PLC0415  not needed without a server
    from babou_contract.probing.mock_target import populate  # noqa: PLC0415

    with MockServer(assets=False) as server:
        assets: tuple[str, ...] = ()
        with contextlib.suppress(MissingError):  # of which the assets are made: boundary 1 tells
            assets = populate(server)
        yield (
            evolve(
                settings,
                base_url=server.base_url,
                api_key=server.api_key,
                assets=assets,
                allow_unsafe_methods=True,
                own_server=True,
            ),
            "mock",
        )


@define(slots=False)
class _Run:
    settings: Settings
    mode: Any
    on_result: Listener
    unusable: UnusableError | None
    results: dict[str, CheckResult] = field(factory=dict)
    observations: Any = None
    failure: BaseException | None = None

    def report(self) -> Report:
        """Carry everything out."""
        started_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        began = time.monotonic()
        session = Session(self.settings, base_url=self.settings.base_url or "")
        worker = threading.Thread(target=self._guarded, args=(session,), daemon=True)
        boundaries = [boundary for boundary in Boundary if boundary in self.settings.only]
        try:
            if any(boundary.needs_server for boundary in boundaries) and not self.unusable:
                worker.start()
            for boundary in boundaries:
                if self.unusable:
                    self._leave(boundary, self.unusable)
                elif not boundary.needs_server:
                    self._perform(boundary, None, session)
            while worker.is_alive():
                worker.join(0.1)  # in turns, so that Ctrl-C is heard
        finally:
            session.close()
            if self.observations is not None:
                self.observations.close()
        if self.failure is not None:
            raise self.failure
        return self._told(session, started_at, time.monotonic() - began)

    def _guarded(self, session: Session) -> None:
        try:
            self._serve(session)
        except BaseException as error:  # noqa: BLE001  raised again in the main thread
            self.failure = error

    def _serve(self, session: Session) -> None:
        from babou_contract.checks import meaning  # noqa: PLC0415  not needed without a server
        from babou_contract.probing import fuzzing  # noqa: PLC0415
        from babou_contract.probing.gather import Gathering  # noqa: PLC0415
        from babou_contract.probing.observations import Observations  # noqa: PLC0415

        self.observations = observations = Observations(self.settings, session, meaning.found())
        wanted = Boundary.spec_server in self.settings.only
        if wanted and self.settings.max_examples and fuzzing.is_installed():
            observations.fuzzing = fuzzing.Fuzzing(self.settings, session)
        try:
            gathering = Gathering(observations)
            gathering.look(at_all=not wanted)
            if wanted and not observations.down and not observations.stopped:
                gathering.ask_all()
        except MissingError as error:
            observations.down = f"nothing can be asked: {error}"
        for boundary in Boundary:
            if boundary.needs_server and boundary in self.settings.only:
                self._perform(boundary, observations, session)

    def _perform(
        self, boundary: Boundary, observations: "Observations | None", session: Session
    ) -> None:
        begin = getattr(import_module(_MODULES[boundary]), "begin", None)
        if begin is not None and session.left() > 0:
            begin()
        for check in checks_of(boundary):
            if observations is not None and observations.down:
                self.results[check.id] = registry.not_reached(check, observations.down)
                continue  # the verdict tells, once
            if session.left() <= 0:
                result = registry.not_reached(check, "time limit")
            else:
                # Without a server, the observations of a check is the settings.
                seen = self.settings if observations is None else observations
                result = registry.perform(check, seen, seed=self.settings.seed)
            self.results[check.id] = (
                result if observations is None else observations.completed(result)
            )
            self.on_result(self.results[check.id])

    def _leave(self, boundary: Boundary, unusable: UnusableError) -> None:
        """Carry out the one check that tells why the others cannot be."""
        for check in checks_of(boundary):
            self.results[check.id] = registry.not_reached(check, str(unusable))
            if check.id == _TELLS_WHY:
                self.results[check.id] = registry.perform(check, self.settings)
                self.on_result(self.results[check.id])

    def _told(self, session: Session, started_at: str, seconds: float) -> Report:
        order = [boundary.slug for boundary in Boundary]
        results = sorted(self.results.values(), key=lambda r: order.index(r.boundary.slug))
        asked = any(boundary.needs_server for boundary in self.settings.only)
        why_not = "no server was asked" if not asked else getattr(self.observations, "down", "")
        found: tuple[Any, ...] = ()
        if asked and self.observations is not None and not self.observations.down:
            from babou_contract.checks.findings import findings  # noqa: PLC0415

            found = tuple(findings(self.observations))
        code, verdict = verdict_of(results, self.settings)
        return Report(
            target=self.settings.base_url or "no server",
            mode=self.mode,
            started_at=started_at,
            seconds=seconds,
            seed=self.settings.seed,
            versions=_versions(),
            results=tuple(results),
            coverage=()
            if self.unusable
            else coverage.rows(session.exchanges, results, self.settings, why_not=why_not),
            findings=found,
            exchanges=tuple(sorted(session.exchanges, key=lambda e: e.started)),
            verdict=verdict,
            exit_code=code,
        )


def _versions() -> dict[str, str]:
    versions = {"spec": str(spec.load()["info"]["version"]), "python": platform.python_version()}
    for name in ("babou", "schemathesis", "hypothesis"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
