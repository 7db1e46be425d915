"""A whole run: the edges side by side, then the verdict.

The edges without a server (1 and 2) are busy, those with one (3 and 4) wait much, schemathesis
takes long to get ready: so they run at the same time.
"""

import contextlib
import importlib.util
import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from babou_contract import checks, coverage, spec
from babou_contract.checks import Check
from babou_contract.model import (
    AGREED,
    DISAGREED,
    NOT_JUDGED,
    CheckResult,
    Edge,
    Outcome,
    Report,
    edge_outcome,
)
from babou_contract.redaction import Redactor
from babou_contract.session import Session
from babou_contract.settings import Settings

if TYPE_CHECKING:
    from babou_contract.scene import Scene

Listener = Callable[[CheckResult], object]

_MODULES = {  # imported when their edge is checked: some take long
    Edge.docs_spec: "babou_contract.edges.docs_page",
    Edge.spec_generated: "babou_contract.edges.generation",
    Edge.spec_server: "babou_contract.edges.spec_server",
    Edge.client_server: "babou_contract.edges.client_behaviour",
}


def run(settings: Settings, on_result: Listener = lambda _result: None) -> Report:
    """Check what the settings say, and tell each result as it comes.

    Without a base URL the mock server is started and checked. The key is in nothing that is told.
    """
    with _target(settings) as (complete, mode):
        redact = Redactor(complete.api_key)
        told = _Run(complete, mode, lambda result: on_result(redact(result))).report()
        report: Report = redact(told)
        return report


_NEEDS = {  # what an edge imports, by the name that pip knows
    Edge.docs_spec: ("jsonschema", "openapi_spec_validator"),
    Edge.spec_generated: ("hypothesis", "jsonschema"),
    Edge.spec_server: ("schemathesis", "jsonschema", "h11"),
    Edge.client_server: ("jsonschema", "h11"),
}


def require(settings: Settings) -> None:
    """Look for what the edges need, without importing it.

    Raises:
        ImportError: Something is not installed; its `name` says what.
    """
    for edge in settings.only:
        for name in _NEEDS[edge]:
            if importlib.util.find_spec(name) is None:
                raise ImportError(f"{name} is not installed", name=name)


def checks_of(edge: Edge) -> tuple[Check, ...]:
    """Return the checks of an edge."""
    return tuple(import_module(_MODULES[edge]).CHECKS)


@contextlib.contextmanager
def _target(settings: Settings) -> Iterator[tuple[Settings, str]]:
    if settings.base_url is not None or not any(edge.needs_server for edge in settings.only):
        yield settings, "mock" if settings.base_url is None else "live"
        return
    from babou_contract.mock_server import MockServer  # noqa: PLC0415  not needed without a server
    from babou_contract.mock_target import populate  # noqa: PLC0415

    with MockServer(assets=False) as server:
        assets: tuple[str, ...] = ()
        with contextlib.suppress(LookupError):  # the spec lacks what it is made of: edge 1 tells
            assets = populate(server)
        yield (
            evolve(settings, base_url=server.base_url, api_key=server.api_key, assets=assets),
            "mock",
        )


@define(slots=False)
class _Run:
    settings: Settings
    mode: Any
    on_result: Listener
    results: dict[str, CheckResult] = field(factory=dict)
    scene: Any = None
    failure: BaseException | None = None

    def report(self) -> Report:
        """Carry everything out."""
        started_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        began = time.monotonic()
        session = Session(self.settings, base_url=self.settings.base_url or "")
        worker = threading.Thread(target=self._guarded, args=(session,), daemon=True)
        edges = [edge for edge in Edge if edge in self.settings.only]
        try:
            if any(edge.needs_server for edge in edges):
                worker.start()
            for edge in edges:
                if not edge.needs_server:
                    self._perform(edge, None, session)
            while worker.is_alive():
                worker.join(0.1)  # in turns, so that Ctrl-C is heard
        finally:
            session.close()
            if self.scene is not None:
                self.scene.close()
        if self.failure is not None:
            raise self.failure
        return self._told(session, started_at, time.monotonic() - began)

    def _guarded(self, session: Session) -> None:
        try:
            self._serve(session)
        except BaseException as error:  # noqa: BLE001  raised again in the main thread
            self.failure = error

    def _serve(self, session: Session) -> None:
        from babou_contract import breadth  # noqa: PLC0415  not needed without a server
        from babou_contract.gather import Gathering  # noqa: PLC0415
        from babou_contract.scene import Scene  # noqa: PLC0415

        self.scene = scene = Scene(self.settings, session, self.settings.assets)
        wanted = Edge.spec_server in self.settings.only
        if wanted and breadth.is_installed():
            scene.breadth = breadth.Breadth(self.settings, session)
        try:
            gathering = Gathering(scene)
            gathering.look()
            if wanted and not scene.down and not scene.stopped:
                gathering.ask_all()
        except LookupError as error:
            scene.down = f"the spec lacks {error}, without which nothing can be asked"
        for edge in Edge:
            if edge.needs_server and edge in self.settings.only:
                self._perform(edge, scene, session)

    def _perform(self, edge: Edge, scene: "Scene | None", session: Session) -> None:
        begin = getattr(import_module(_MODULES[edge]), "begin", None)
        if begin is not None and session.left() > 0:
            begin()
        for check in checks_of(edge):
            if scene is not None and scene.down:
                self.results[check.id] = checks.not_reached(check, scene.down)
                continue  # the verdict tells, once
            if session.left() <= 0:
                result = checks.not_reached(check, "time limit")
            else:
                # Without a server, the scene of a check is the settings.
                seen = self.settings if scene is None else scene
                result = checks.perform(check, seen, seed=self.settings.seed)
            self.results[check.id] = result if scene is None else scene.completed(result)
            self.on_result(self.results[check.id])

    def _told(self, session: Session, started_at: str, seconds: float) -> Report:
        order = [edge.slug for edge in Edge]
        results = sorted(self.results.values(), key=lambda r: order.index(r.edge.slug))
        asked = any(edge.needs_server for edge in self.settings.only)
        why_not = "no server was asked" if not asked else getattr(self.scene, "down", "")
        found: tuple[Any, ...] = ()
        if asked and self.scene is not None and not self.scene.down:
            from babou_contract.findings import findings  # noqa: PLC0415

            with contextlib.suppress(TypeError, ValueError, LookupError):  # of odd documents
                found = tuple(findings(self.scene))
        code, verdict = _verdict(results, self.settings.only)
        return Report(
            target=self.settings.base_url or "no server",
            mode=self.mode,
            started_at=started_at,
            seconds=seconds,
            seed=self.settings.seed,
            versions=_versions(),
            results=tuple(results),
            coverage=coverage.rows(session.exchanges, results, why_not=why_not),
            findings=found,
            exchanges=tuple(sorted(session.exchanges, key=lambda e: e.started)),
            verdict=verdict,
            exit_code=code,
        )


def _verdict(results: Iterable[CheckResult], only: Iterable[Edge]) -> tuple[int, str]:
    results = list(results)
    wrong = sum(result.outcome is Outcome.failed for result in results)
    if wrong:
        what = "1 check disagrees" if wrong == 1 else f"{wrong} checks disagree"
        return DISAGREED, f"{what}."
    for edge in sorted(only, key=lambda edge: edge.number):
        mine = [result for result in results if result.edge is edge]
        unclear = [result for result in mine if result.outcome is Outcome.not_judged]
        if unclear or edge_outcome(mine) is not Outcome.passed:
            reason = next((r.reason for r in unclear or mine if r.reason), "nothing was checked")
            few = "" if len(unclear) in {0, len(mine)} else f"{len(unclear)} checks of "
            return NOT_JUDGED, f"{few}{edge.title} could not be judged: {reason.rstrip('.')}."
    return AGREED, "All agree."


def _versions() -> dict[str, str]:
    versions = {"spec": str(spec.load()["info"]["version"]), "python": platform.python_version()}
    for name in ("babou", "schemathesis", "hypothesis"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
