"""The adapter: the only module that knows the generated package.

It uses two things: the operations' request builders and the models' `from_dict`. The generated
code trusts every answer. Here an answer is first checked against the specification's own schema
(`schemas.json`, written by the same command as the generated code), so that what gets through has
the types it declares.

The request builders are imported from the modules of their operations (`from …get_asset import`),
not the modules from their package: otherwise mypy's cache misses a module that is renamed and comes
back.
"""

from __future__ import annotations

import copy
import copyreg
import functools
import json
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self
from urllib.parse import urlencode

import attrs

from babou._core.messages import Request
from babou._core.schema import brief, described, excerpt, fault, load, normalised, schemas
from babou._errors import APIResponseValidationError
from babou_generated.api.assets.get_asset import _get_kwargs as _asset_arguments
from babou_generated.api.assets.list_assets import _get_kwargs as _page_arguments
from babou_generated.api.assets.upload_asset import _get_kwargs as _upload_arguments
from babou_generated.models import Asset as _GeneratedAsset
from babou_generated.models import AssetState as AssetState  # noqa: PLC0414 (imported from here)
from babou_generated.models import Error as _GeneratedError
from babou_generated.types import UNSET, File, Unset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

"""The known states that are not terminal, in the order in which an asset has them."""


def _one_and_only(_unset: Unset) -> str:
    return "UNSET"  # pickled by its name: otherwise a copy of an asset would not be equal to it


copyreg.pickle(Unset, _one_and_only)  # the value of an optional member that is absent


@attrs.frozen(slots=True, eq=True)
class Asset(_GeneratedAsset):
    """An uploaded media file as it was when the server answered; immutable.

    Its members are those of the specification, with the types they declare. Members that the
    specification does not know are in `asset.additional_properties`. `asset["member"]` is the JSON
    value of any member, known or not, and `"member" in asset` tells whether the server sent it.
    """

    _document: dict[str, Any] = attrs.field(factory=dict, repr=False, eq=False, init=False)

    @property
    def is_ready(self) -> bool:
        """Tell whether the bytes can be downloaded."""
        return self.state == AssetState.READY

    @property
    def is_failed(self) -> bool:
        """Tell whether the upload or its analysis failed for good, in either spelling (D2)."""
        return self.state in {AssetState.ERROR, AssetState.FAILED}

    @property
    def is_terminal(self) -> bool:
        """Tell whether the state will never change again; an unknown state is not terminal (D2)."""
        return self.is_ready or self.is_failed

    def __bool__(self) -> Literal[True]:
        return True  # as for errors: type checkers know that `if result.asset` misses no asset

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 (as inherited)
        # Also for members that the specification knows: one that it adds stays in this place.
        return self.to_dict()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.to_dict()

    def __setitem__(self, key: str, value: Any) -> NoReturn:  # noqa: ANN401 (as inherited)
        raise attrs.exceptions.FrozenInstanceError

    def __delitem__(self, key: str) -> NoReturn:
        raise attrs.exceptions.FrozenInstanceError

    def __hash__(self) -> int:  # type: ignore[override]  # the generated class is mutable
        return hash((self.id, self.state, self.url))

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the document that the server sent, with nothing lost or rounded."""
        return copy.deepcopy(self._document) or super().to_dict()

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Return the asset that a document describes, such as one that `to_dict` gave.

        Raises:
            APIResponseValidationError: The document isn't what the specification promises.
        """
        return cls._decode(json.dumps(dict(src_dict)).encode(), "The document")

    @classmethod
    def _decode(cls, body: bytes, subject: str) -> Self:
        return cls._of(_valid("Asset", body, subject))

    @classmethod
    def _of(cls, document: dict[str, Any]) -> Self:
        # The generated method writes to what it makes. An `Asset` is frozen, so it makes this.
        members = vars(_read(SimpleNamespace, normalised("Asset", document)))
        more = members.pop("additional_properties")
        asset = cls(**members)
        asset.additional_properties.update(more)
        asset._document.update(document)  # filled here: a frozen class has no other way
        return asset


@attrs.frozen
class AssetPage:
    """A page of the list of assets, as it was when the server answered.

    Attributes:
        assets: The assets of the page that no earlier page had.
        limit: How many assets the page has at most.
        offset: How many assets of the list come before the page.
        total: How many assets the list had.
    """

    assets: tuple[Asset, ...]
    limit: int
    offset: int
    total: int


_read: Callable[..., SimpleNamespace] = _GeneratedAsset.from_dict.__func__  # type: ignore[attr-defined]  # of a class method


def asset_request(asset_id: str) -> Request:
    """Return the request for an asset, its URL relative to the server's."""
    arguments = _asset_arguments(asset_id)
    return Request(arguments["method"].upper(), arguments["url"])


def page_request(
    state: AssetState | None, content_type: str | None, *, limit: int, offset: int
) -> Request:
    """Return the request for a page of the list."""
    arguments = _page_arguments(
        limit=limit, offset=offset, content_type=content_type or UNSET, state=state or UNSET
    )
    url = f"{arguments['url']}?{urlencode(arguments['params'])}"
    return Request(arguments["method"].upper(), url)


def upload_request(*, size: int, content_type: str) -> Request:
    """Return the request that uploads a file, without its bytes."""
    arguments = _upload_arguments(body=File(BytesIO()))
    headers = {"content-type": content_type, "content-length": str(size)}
    return Request(arguments["method"].upper(), arguments["url"], headers)


@functools.cache
def under_way() -> tuple[AssetState, ...]:
    """Return the states of an asset that is neither ready nor failed.

    Not a constant: without a state that is named here, the package could not be imported.
    """
    ended = {AssetState.READY, AssetState.ERROR, AssetState.FAILED}
    return tuple(state for state in AssetState if state not in ended)


@functools.cache
def successes(operation_id: str) -> frozenset[int]:
    """Return the statuses with which an operation succeeds."""
    return frozenset(int(s) for s in described()[operation_id]["statuses"] if s.startswith("2"))


def largest_page() -> int:
    """Return how many assets a page has at most (D18)."""
    found: int = described()["listAssets"]["parameters"]["limit"]["maximum"]
    return found


def uploaded_types() -> list[str]:
    """Return the MIME types that can be uploaded (D24)."""
    found: list[str] = described()["uploadAsset"]["bodies"]
    return found


def largest_file() -> int:
    """Return how many bytes a file has at most (D22)."""
    found: int = schemas()["File"]["maxLength"]
    return found


_PATH = asset_request("id").url.split("/")[1:-1]


def server_url(base_url: str) -> str:
    """Return a base URL without the operation's path, or the beginning of that path, at its end.

    A single part of the path (`/api`) stays: it may be the path of a gateway before the API.
    """
    scheme, _, host, *path = base_url.split("/")
    known = [_PATH[:length] for length in range(len(_PATH), 1, -1)]
    if path[-len(_PATH) - 1 : -1] == _PATH:
        known.insert(0, path[-len(_PATH) - 1 :])
    for end in known:
        if path[-len(end) :] == end:
            path = path[: -len(end)]
            break
    return "/".join([scheme, "", host, *path])


def decode_asset(body: bytes, *, asset_id: str) -> Asset:
    """Return the asset in the body of a success.

    Raises:
        APIResponseValidationError: The body is not JSON (RFC 8259), is not what the schema
            promises, or describes another asset than the requested one.
    """
    subject = f"The server's answer for asset {asset_id!r}"
    asset = Asset._decode(body, subject)  # noqa: SLF001 (the class above)
    if asset.id != asset_id:
        expected = f"{asset_id!r}, the id that was asked for"
        raise _invalid(subject, "id", expected, asset.id, body)
    return asset


def decode_uploaded(body: bytes) -> Asset:
    """Return the new asset in the answer to an upload.

    Raises:
        APIResponseValidationError: The body is not what the specification promises.
    """
    return Asset._decode(body, "The server's answer to the upload")  # noqa: SLF001 (the class above)


def decode_page(body: bytes) -> AssetPage:
    """Return a page of the list.

    Raises:
        APIResponseValidationError: The body is not what the specification promises.
    """
    document = _valid("AssetPage", body, "The server's list of assets")
    page = normalised("Pagination", document["pagination"])
    assets = tuple(Asset._of(asset) for asset in document["assets"])  # noqa: SLF001 (as above)
    return AssetPage(assets, page["limit"], page["offset"], page["total"])


def _valid(name: str, body: bytes, subject: str) -> dict[str, Any]:
    """Return the document in a body, if its schema allows it."""
    try:
        document: dict[str, Any] = load(body)
    except (ValueError, RecursionError) as error:
        expected = f"a JSON object ({error})"
        raise _invalid(subject, None, expected, excerpt(body), body) from error
    if wrong := fault(name, document):
        raise _invalid(subject, *wrong, body)
    return document


def decode_error(body: bytes) -> Mapping[str, str | None] | None:
    """Return `error`, `code` and `hint` of an error body, or None for any other body."""
    try:
        document = load(body)
    except (ValueError, RecursionError):
        return None
    if fault("Error", document):
        return None
    error = _GeneratedError.from_dict(document)
    return {"error": error.error, "code": error.code, "hint": error.hint or None}


def _invalid(
    subject: str, member: str | None, expected: str, received: object, body: bytes
) -> APIResponseValidationError:
    where = f"member {member!r}" if member else "the body"
    return APIResponseValidationError(
        f"{subject} is not what the specification promises: {where} should be {expected}, but came "
        f"as {brief.repr(received)}. Check BABOU_BASE_URL, or look for a newer babou.",
        member=member,
        expected=expected,
        received=received,
        body=body,
    )
