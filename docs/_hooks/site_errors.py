"""The errors' page, from the tree of classes and from the specification."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import babou
from babou._core.calls import _ADVICE
from babou._core.retry import is_retryable, is_transient
from babou._errors import STATUS_CLASSES, class_for
from babou_contract.specification import spec
from site_tables import cell, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_TO_DO = {
    "ConfigurationError": "Set what the text names.",
    "InvalidAssetIdError": "Use the id that the upload returned.",
    "ClientClosedError": "Call within the `with` block, or open another client.",
    "BudgetError": "Try again after `.retry_after` seconds, or give the call more `timeout`.",
    "APIConnectionError": "Look at the network, the proxy and `BABOU_BASE_URL`; try later.",
    "APITimeoutError": "Try later, or give the call more `timeout`.",
    "APIStatusError": "Go by `.status_code`, `.code` and `.hint`.",
    "APIResponseValidationError": "Check `BABOU_BASE_URL`; look for a newer babou.",
    "WaitError": "Look at `.asset` and `.last_error`.",
    "AssetFailedError": "Upload the file again.",
    "WaitTimeoutError": "Wait again, or longer; the asset may yet become ready.",
    "WaitCancelledError": "Nothing: it was asked for.",
    "DownloadError": "What the text says. If the URL has expired, fetch the asset again.",
    "FileTooLargeError": "Make the file smaller.",
    "UploadError": "What the text says.",
    "BabouError": "Catch it to catch them all.",
}


def tree() -> str:
    """Return the table of the classes, each below the one that it is a kind of."""
    known = {name for name in babou.__all__ if name.endswith("Error")}
    shown = dict(_classes(babou.BabouError))
    if left := known ^ {cls.__name__ for cls in shown}:
        raise ValueError(f"errors without a place in the tree: {', '.join(sorted(left))}")
    rows = (
        (_indented(cls, depth), _when(cls), _again(cls), _to_do(cls))
        for cls, depth in shown.items()
    )
    return table(("class", "when", "tried again", "what to do"), rows)


def statuses() -> str:
    """Return the table of the statuses: those that are documented, and those that have a class."""
    documented = {
        int(status.upper().replace("X", "0")) + status.upper().endswith("XX"): status
        for operation in spec.operations()
        for status in operation.responses
        if not status.startswith("2") and status != "default"
    }
    rows = []
    for number in sorted({*documented, *STATUS_CLASSES, 408}):
        status = documented.get(number, str(number))
        rows.append(
            (
                status,
                ", ".join(f"`{code}`" for code in _codes(status)),
                _link(class_for(number)),
                "yes" if is_retryable(number) else "no",
                cell(_meaning(status)),
            )
        )
    return table((">status", "codes", "class", "tried again", "when"), rows)


def _codes(status: str) -> list[str]:
    """Return the codes that are documented for a status, by whichever operation."""
    contents = [
        content
        for operation in spec.operations()
        for (name, _), content in operation.answers.items()
        if name == status
    ]
    bodies = [body for content in contents for body in content.examples.values()]
    return list(dict.fromkeys(body["code"] for body in bodies if "code" in body))


def _meaning(status: str) -> str:
    """Say when a status comes, and of which operations, where they do not agree."""
    told: dict[str, list[str]] = {}
    for operation in spec.operations():
        if status in operation.responses:
            about = operation.responses[status]["description"].strip()
            told.setdefault(about, []).append(operation.id)
    if not told:
        return "Not documented by the API."
    if len(told) == 1:
        return next(iter(told))
    return " ".join(f"`{'`, `'.join(ids)}`: {about}" for about, ids in told.items())


def _classes(cls: type[babou.BabouError], depth: int = 0) -> Iterator[tuple[type, int]]:
    yield cls, depth
    for below in cls.__subclasses__():
        if below.__module__.startswith("babou."):
            yield from _classes(below, depth + 1)


def _link(cls: type) -> str:
    return f"[`{cls.__name__}`](/docs/reference/errors.md#babou.{cls.__name__})"


def _indented(cls: type, depth: int) -> str:
    return f'<span class="depth-{depth}">{"└ " if depth > 1 else ""}{_link(cls)}</span>'


def _when(cls: type) -> str:
    sentence = (inspect.getdoc(cls) or "").partition("\n\n")[0]
    others = [base.__name__ for base in cls.__bases__ if not issubclass(base, babou.BabouError)]
    also = [name for name in others if name != "Exception"]
    return cell(sentence + "".join(f" Also a `{name}`." for name in also))


def _statuses(cls: type) -> list[int]:
    """Return the statuses that are raised as this very class."""
    return [status for status in range(300, 600) if class_for(status) is cls]


def _again(cls: type[babou.BabouError]) -> str:
    """Return whether the client itself tries again after such an error."""
    if cls is babou.BabouError:
        return ""
    if not issubclass(cls, babou.APIStatusError):
        return "yes" if is_transient(cls.__new__(cls)) else "no"
    mine = _statuses(cls)
    retried = [str(status) for status in mine if is_retryable(status)]
    if len(retried) in {0, len(mine)}:
        return "yes" if retried else "no"
    return f"only {', '.join(retried)}"


def _to_do(cls: type) -> str:
    if cls.__name__ in _TO_DO:
        return _TO_DO[cls.__name__]
    (first, *_) = _statuses(cls)
    advice = _ADVICE.get(first) or "Try again later"
    return f"{advice}."
