from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ... import errors
from ...models.asset_page import AssetPage
from ...models.error import Error
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.asset_state import AssetState


def _get_kwargs(
    *,
    limit: int | Unset = 20,
    offset: int | Unset = 0,
    content_type: str | Unset = UNSET,
    state: AssetState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["offset"] = offset

    params["contentType"] = content_type

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state.value

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/assets",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AssetPage | Error | None:
    if response.status_code == 200:
        response_200 = AssetPage.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 429:
        response_429 = Error.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Error.from_dict(response.json())

        return response_500

    if 500 <= response.status_code <= 599:
        response_5xx = Error.from_dict(response.json())

        return response_5xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AssetPage | Error]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    offset: int | Unset = 0,
    content_type: str | Unset = UNSET,
    state: AssetState | Unset = UNSET,
) -> Response[AssetPage | Error]:
    """List the account's assets, a page at a time

     Answers with the assets from `offset` on, at most `limit` of them, and with how many there are in
    all. The order is not documented, and what is uploaded meanwhile moves the rest along: a reader of
    several pages has to expect an asset twice, or to miss one.

    Args:
        limit (int | Unset):  Default: 20.
        offset (int | Unset):  Default: 0.
        content_type (str | Unset):
        state (AssetState | Unset): - `uploading`: the bytes are arriving.
            - `processing`: the bytes are there and are being analysed.
            - `ready`: done; `url` and `size` are known. Final.
            - `error`, `failed`: the upload or the analysis went wrong, in two spellings of the docs
            (D2). Final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetPage | Error]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        content_type=content_type,
        state=state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    offset: int | Unset = 0,
    content_type: str | Unset = UNSET,
    state: AssetState | Unset = UNSET,
) -> AssetPage | Error | None:
    """List the account's assets, a page at a time

     Answers with the assets from `offset` on, at most `limit` of them, and with how many there are in
    all. The order is not documented, and what is uploaded meanwhile moves the rest along: a reader of
    several pages has to expect an asset twice, or to miss one.

    Args:
        limit (int | Unset):  Default: 20.
        offset (int | Unset):  Default: 0.
        content_type (str | Unset):
        state (AssetState | Unset): - `uploading`: the bytes are arriving.
            - `processing`: the bytes are there and are being analysed.
            - `ready`: done; `url` and `size` are known. Final.
            - `error`, `failed`: the upload or the analysis went wrong, in two spellings of the docs
            (D2). Final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetPage | Error
    """

    return sync_detailed(
        client=client,
        limit=limit,
        offset=offset,
        content_type=content_type,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    offset: int | Unset = 0,
    content_type: str | Unset = UNSET,
    state: AssetState | Unset = UNSET,
) -> Response[AssetPage | Error]:
    """List the account's assets, a page at a time

     Answers with the assets from `offset` on, at most `limit` of them, and with how many there are in
    all. The order is not documented, and what is uploaded meanwhile moves the rest along: a reader of
    several pages has to expect an asset twice, or to miss one.

    Args:
        limit (int | Unset):  Default: 20.
        offset (int | Unset):  Default: 0.
        content_type (str | Unset):
        state (AssetState | Unset): - `uploading`: the bytes are arriving.
            - `processing`: the bytes are there and are being analysed.
            - `ready`: done; `url` and `size` are known. Final.
            - `error`, `failed`: the upload or the analysis went wrong, in two spellings of the docs
            (D2). Final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetPage | Error]
    """

    kwargs = _get_kwargs(
        limit=limit,
        offset=offset,
        content_type=content_type,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    offset: int | Unset = 0,
    content_type: str | Unset = UNSET,
    state: AssetState | Unset = UNSET,
) -> AssetPage | Error | None:
    """List the account's assets, a page at a time

     Answers with the assets from `offset` on, at most `limit` of them, and with how many there are in
    all. The order is not documented, and what is uploaded meanwhile moves the rest along: a reader of
    several pages has to expect an asset twice, or to miss one.

    Args:
        limit (int | Unset):  Default: 20.
        offset (int | Unset):  Default: 0.
        content_type (str | Unset):
        state (AssetState | Unset): - `uploading`: the bytes are arriving.
            - `processing`: the bytes are there and are being analysed.
            - `ready`: done; `url` and `size` are known. Final.
            - `error`, `failed`: the upload or the analysis went wrong, in two spellings of the docs
            (D2). Final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetPage | Error
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            offset=offset,
            content_type=content_type,
            state=state,
        )
    ).parsed
