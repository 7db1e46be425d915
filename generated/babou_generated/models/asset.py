from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.asset_state import AssetState

T = TypeVar("T", bound="Asset")


@_attrs_define
class Asset:
    """An uploaded media file. Members that are not listed here may be added at any time.

    Attributes:
        id (str): Identifier, unique and opaque (D1).
        name (str): File name as it was uploaded. Untrusted text, which may hold any character, path separators
            included.
        url (None | str): Where the bytes are, as an `s3://bucket/key` or `https://` URL (D3). It may be presigned, and
            then
            differs from call to call and expires. Null until the upload is complete.
        content_type (str): MIME type of the file. Video: `video/mp4`, `video/quicktime`, `video/x-msvideo`,
            `video/webm`;
            image: `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `image/svg+xml`;
            audio: `audio/mpeg`, `audio/wav`, `audio/ogg`, `audio/aac`. Others may follow.
        size (int | None): Size of the file in bytes (D5). Null while it is not known.
        state (AssetState | str): How far the asset is (D2). A value that is not listed counts as neither ready nor
            failed.
        duration (float | None): Length of a video or sound in seconds, fractions included (D5). Null for images, and
            while it is
            not known.
        width (int | None): Width of an image or video in pixels (D5). Null for sound, and while it is not known.
        height (int | None): Height of an image or video in pixels (D5). Null for sound, and while it is not known.
        created_at (datetime.datetime): When the asset was uploaded: an RFC 3339 time with its offset, seconds possibly
            with a fraction.
    """

    id: str
    name: str
    url: None | str
    content_type: str
    size: int | None
    state: AssetState | str
    duration: float | None
    width: int | None
    height: int | None
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        url: None | str
        url = self.url

        content_type = self.content_type

        size: int | None
        size = self.size

        state: str
        if isinstance(self.state, AssetState):
            state = self.state.value
        else:
            state = self.state

        duration: float | None
        duration = self.duration

        width: int | None
        width = self.width

        height: int | None
        height = self.height

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "url": url,
                "content_type": content_type,
                "size": size,
                "state": state,
                "duration": duration,
                "width": width,
                "height": height,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        def _parse_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        url = _parse_url(d.pop("url"))

        content_type = d.pop("content_type")

        def _parse_size(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        size = _parse_size(d.pop("size"))

        def _parse_state(data: object) -> AssetState | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = AssetState(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AssetState | str, data)

        state = _parse_state(d.pop("state"))

        def _parse_duration(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        duration = _parse_duration(d.pop("duration"))

        def _parse_width(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        width = _parse_width(d.pop("width"))

        def _parse_height(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        height = _parse_height(d.pop("height"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        asset = cls(
            id=id,
            name=name,
            url=url,
            content_type=content_type,
            size=size,
            state=state,
            duration=duration,
            width=width,
            height=height,
            created_at=created_at,
        )

        asset.additional_properties = d
        return asset

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
