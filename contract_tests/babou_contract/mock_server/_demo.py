"""The assets that are there from the start: the spec's examples, and one to try each situation."""

from collections.abc import Iterator
from functools import partial

from attrs import frozen

from babou_contract.specification.assets import asset_examples
from babou_contract.specification.references import MissingError

from . import _media
from ._assets import Asset
from ._assets import make as make_documented
from ._known import states
from ._lifecycle import Lifecycle, by_reads, by_time

_WAY = ("uploading", "processing", "ready")  # of an upload
_VIDEO_SIZE = 3 * 1024 * 1024  # enough for a progress bar to be seen

# Whatever an edit of the spec takes away, the server starts.
make = partial(make_documented, allow_unknown=True)


@frozen
class Demo:
    """An asset to try, and what it shows."""

    asset: Asset
    about: str


def documented() -> Iterator[Demo]:
    """Yield the spec's examples, word for word, under their own ids; their bytes are not here."""
    for name, members in asset_examples().items():
        state = by_reads(members["state"])
        yield Demo(Asset(members["id"], members, None, state), f"the documented example {name!r}")


def demos() -> Iterator[Demo]:
    """Yield an asset for every situation that a person wants to try by hand."""
    video = _media.video(_VIDEO_SIZE)
    yield Demo(make("ast_demo_image", name="demo.png"), "a small real PNG, ready")
    yield Demo(
        make("ast_demo_video", kind="video", name="demo.mp4", content=video),
        "3 MiB of bytes, ready: to see a download's progress",
    )
    yield Demo(
        make("ast_demo_empty", name="empty.png", content=b"", width=None, height=None),
        "ready, with 0 bytes",
    )
    going = by_time(uploading=1.0, processing=1.5, then="ready")
    yield Demo(
        make("ast_demo_lifecycle", kind="video", name="fine.mp4", lifecycle=going),
        "uploading, processing, ready: 2.5 s after it is first read",
    )
    wrong = by_time(uploading=1.0, processing=1.5, then="error")
    yield Demo(
        make("ast_demo_lifecycle_error", kind="video", name="broken.mp4", lifecycle=wrong),
        "the same, but it ends in error",
    )
    yield Demo(
        make("ast_demo_failed", kind="video", name="failed.mp4", state="failed"),
        "its upload failed",
    )
    yield Demo(
        make("ast_demo_stuck", kind="video", name="stuck.mp4", state="processing"),
        "processing for ever",
    )
    yield Demo(
        make("ast_demo_unknown_state", kind="video", name="new.mp4", state="transcoding"),
        "in a state that the documentation does not know",
    )


def uploads() -> Lifecycle:
    """Return the way of an upload, as far as its states are documented."""
    try:
        known = states()
    except MissingError:  # no asset can be read in this specification
        known = ()
    return by_reads(*([state for state in _WAY if state in known] or _WAY))


def all_demos() -> list[Demo]:
    """Return the assets that are there from the start; none where no asset can be read."""
    try:
        return [*documented(), *demos()]
    except MissingError:
        return []
