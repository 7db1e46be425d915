"""Reports of all kinds, and a browser to look at their page."""

import pytest
from attrs import evolve

from babou_contract.model import (
    Boundary,
    CheckResult,
    Coverage,
    CoverageState,
    Disagreement,
    Exchange,
    Finding,
    Outcome,
    Report,
)

BASE = "https://api.example.test/api/v1/assets/"
PROMISES = {
    Boundary.docs_spec: (
        "examples-obey-their-schemas",
        "Every example in the spec obeys its schema.",
    ),
    Boundary.spec_generated: (
        "allowed-bodies-decode",
        "Every body that the schema allows decodes.",
    ),
    Boundary.spec_server: ("id-comes-back", "The id that comes back is the id that was asked for."),
    Boundary.client_server: ("results-equal-the-json", "What get returns equals the raw JSON."),
}
NASTY = (
    "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)> {{ 7 * 7 }} "
    "\x1b[31mred\x1b[0m \u202egnp.exe\u202c \x00\x07 ]]> \ud800 \ufffe &amp; ```\n::error::pwned\n"
    "::add-path::/tmp | $(id) `id`"
)


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: looks at the page in Chromium (nox -s docs)")


def an_exchange(**changes):
    """Return a read of a known asset."""
    body = b'{"id":"ast_1","state":"ready","size":245678.0,"tags":[],"meta":{"a":[1,{"b":null}]}}'
    told = {
        "method": "GET",
        "url": BASE + "ast_1",
        "headers": (("Accept", "application/json"), ("Authorization", "Bearer $BABOU_API_KEY")),
        "status": 200,
        "received": (("Content-Type", "application/json"), ("Content-Length", str(len(body)))),
        "body": body,
        "started": 0.2,
        "seconds": 0.031,
        "purpose": "read 'ast_1'",
    }
    return Exchange(**(told | changes))


def a_disagreement(**changes):
    """Return a disagreement about that read."""
    told = {
        "summary": "The id that came back is another one than was asked for.",
        "expected": "the member id is 'ast_1'",
        "received": "the member id is 'AST_1'",
        "spec_pointer": "/components/schemas/Asset/properties/id",
        "spec_line": 187,
        "exchange": an_exchange(),
        "curl": f'curl -sS -i --path-as-is {BASE}ast_1 -H "Authorization: Bearer $BABOU_API_KEY"',
        "seed": 20251202,
    }
    return Disagreement(**(told | changes))


def a_result(boundary, outcome=Outcome.passed, **changes):
    """Return the result of a boundary's check."""
    name, promise = PROMISES[boundary]
    told = {
        "boundary": boundary,
        "check": f"{boundary.slug}/{name}",
        "promise": promise,
        "outcome": outcome,
    }
    return CheckResult(**(told | {"cases": 12, "seconds": 0.25} | changes))


def a_report(**changes):
    """Return the report of a run in which all agreed."""
    told = {
        "target": "https://api.example.test",
        "mode": "live",
        "started_at": "2026-11-23T16:04:05.678+02:00",
        "seconds": 12.3,
        "seed": 20251202,
        "versions": {"babou": "0.1.0", "spec": "1.0.0", "schemathesis": "4.32.5"},
        "results": tuple(a_result(boundary) for boundary in Boundary),
        "coverage": (
            Coverage(
                operation="getAsset",
                status="200",
                media_type="application/json",
                state=CoverageState.verified,
                answers=41,
            ),
            Coverage(
                operation="getAsset",
                status="429",
                media_type="application/json",
                state=CoverageState.not_exercised,
                reason="the server never limited the rate",
            ),
        ),
        "findings": (
            Finding(
                id="D4",
                question="Is a failed asset in the state error or failed?",
                answer="failed",
                evidence="ast_9 is in the state 'failed'",
            ),
        ),
        "exchanges": tuple(
            an_exchange(started=number / 7, status=(200, 200, 404, 401)[number % 4])
            for number in range(80)
        ),
        "verdict": "All agree: 4 checks passed, 48 cases.",
    }
    return Report(**(told | changes))


def failing_report(**changes):
    """Return a report with a failure on each boundary."""
    others = {
        Boundary.docs_spec: a_disagreement(
            summary="An example does not obey its schema.", exchange=None, curl=None, seed=None
        ),
        Boundary.spec_generated: a_disagreement(
            summary="A body that the schema allows is refused.",
            exchange=None,
            curl=None,
            detail="--- before\n+++ after\n-size: int\n+size: str",
        ),
        Boundary.client_server: a_disagreement(
            summary="The answer never came.",
            spec_line=None,
            spec_pointer=None,
            exchange=an_exchange(status=None, received=(), body=b"", error="timed out after 10 s"),
        ),
    }
    results = []
    for boundary in Boundary:
        found = (others.get(boundary) or a_disagreement(),)
        if boundary is Boundary.spec_server:
            png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") * 20
            binary = an_exchange(body=png, received=(("Content-Type", "image/png"),))
            found += (a_disagreement(summary="The body is not JSON.", exchange=binary),)
        results.append(a_result(boundary, Outcome.failed, disagreements=found))
    violated = Coverage(
        operation="getAsset",
        status="404",
        media_type="application/json",
        state=CoverageState.violated,
        answers=3,
        reason="code is missing",
    )
    report = a_report(
        results=tuple(results), verdict="5 disagreements on 4 boundaries.", exit_code=1
    )
    return evolve(report, **({"coverage": (*report.coverage, violated)} | changes))


def unjudged_report():
    """Return the report of a run that found the server down."""
    down = "the server is not reachable: connection refused"
    results = (
        a_result(Boundary.docs_spec),
        a_result(
            Boundary.spec_generated, Outcome.not_exercised, reason="left out by --only", cases=0
        ),
        a_result(Boundary.spec_server, Outcome.not_judged, reason=down, cases=0),
        a_result(Boundary.client_server, Outcome.not_judged, reason=down, cases=0),
    )
    return a_report(
        results=results,
        coverage=(),
        findings=(),
        exchanges=(),
        verdict=f"Not judged: {down}.",
        exit_code=3,
    )


def hostile_report():
    """Return a report in which everything that a server can choose is meant to do harm."""
    bodies = (
        NASTY.encode("utf-8", "surrogatepass"),
        b"<script>alert(1)</script>" + b"A" * 1_000_000,
        b"[" * 100_000,
        ("{" + '"a":[' * 300 + "]" * 300 + "}").encode(),
        b'{"same":1,"same":2,"n":1E400,"nan":NaN,"u":"\\u202e\\ud800"}',
        b"\x00\xff" * 5000,
        ("\u0627\u0644" * 300 + "z\u0351\u035b" * 300 + "\U0001f600").encode(),
    )
    found = tuple(
        a_disagreement(
            summary=f"{number} {NASTY}",
            expected=NASTY * 50,
            received="W" * 20_000,
            spec_pointer="/paths/" + NASTY,
            curl="curl '" + NASTY + "x" * 9000 + "'",
            detail=NASTY * 500,
            exchange=an_exchange(
                url=BASE + NASTY + "y" * 5000,
                received=((NASTY, NASTY), ("X-Long", "h" * 9000), *((("X", "y"),) * 99)),
                body=body,
                purpose=NASTY,
            ),
        )
        for number, body in enumerate(bodies)
    )
    return a_report(
        target="https://" + NASTY + "t" * 300,
        started_at=NASTY,
        versions={NASTY: NASTY, "python": "v" * 200},
        results=(
            a_result(Boundary.spec_server, Outcome.failed, disagreements=found, reason=NASTY),
            a_result(Boundary.client_server, Outcome.not_judged, reason=NASTY * 20),
            a_result(Boundary.docs_spec, Outcome.not_exercised, reason=NASTY, promise=NASTY * 9),
        ),
        coverage=(
            Coverage(
                operation="getAsset",
                status=NASTY,
                media_type=NASTY + "m" * 300,
                state=CoverageState.violated,
                reason=NASTY,
            ),
        ),
        findings=(Finding(id=NASTY, question=NASTY, answer=NASTY + "f" * 300, evidence=NASTY),),
        exchanges=tuple(one.exchange for one in found),
        verdict=NASTY + "v" * 300,
        exit_code=1,
    )


def busy_report():
    """Return a report of thousands of requests, of many kinds."""
    statuses = (200, 200, 200, 404, 401, None, 500, 429, 418, 301, 503, 204, 403)
    sent = tuple(
        an_exchange(
            started=number * 0.003,
            status=statuses[(number * number + number // 3) % len(statuses)],
            purpose=("schemathesis", f"'ast_{number}' in capitals")[number % 2],
            url=f"{BASE}ast_{number}",
        )
        for number in range(4000)
    )
    return evolve(failing_report(exchanges=sent), seconds=18.2)


KINDS = {
    "agreeing": a_report,
    "failing": failing_report,
    "unjudged": unjudged_report,
    "hostile": hostile_report,
    "busy": busy_report,
}


@pytest.fixture(params=KINDS)
def any_report(request):
    return KINDS[request.param]()


@pytest.fixture
def reports():
    """Return the functions that build a report of each kind, by name."""
    return KINDS


@pytest.fixture
def build():
    """Return the functions that build a part of a report, by name."""
    return {
        "report": a_report,
        "result": a_result,
        "disagreement": a_disagreement,
        "exchange": an_exchange,
    }
