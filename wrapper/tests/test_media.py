"""Which type a file is taken for: by its first bytes, or else by its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babou._core.operations import uploaded_types
from babou._storage import uploads
from babou._storage.uploads import media_type

KNOWN = uploaded_types()
BYTES = {
    "image/png": [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
    "image/jpeg": [b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff\xd8\xff\xe1..Exif"],
    "image/gif": [b"GIF87a\1\0", b"GIF89a\1\0"],
    "image/webp": [b"RIFF\x24\0\0\0WEBPVP8 "],
    "image/svg+xml": [
        b"<svg/>",
        b'\xef\xbb\xbf  <svg xmlns="http://www.w3.org/2000/svg">',
        b'<?xml version="1.0"?>\n<!-- a > b -->\n<!DOCTYPE svg PUBLIC "x" "y">\n<svg width="1">',
    ],
    "audio/wav": [b"RIFF\x24\0\0\0WAVEfmt "],
    "audio/ogg": [b"OggS\0\2....vorbis"],
    "audio/mpeg": [b"\xff\xfb\x90\x64", b"\xff\xf3\x40\xc0"],
    "audio/aac": [b"\xff\xf1\x50\x80", b"\xff\xf9\x4c\x80"],
    "video/mp4": [b"\0\0\0\x20ftypisom", b"\0\0\0\x18ftypmp42", b"\0\0\0\x1cftypM4V "],
    "video/quicktime": [b"\0\0\0\x14ftypqt  ", b"\0\0\0\x08wide", b"\0\0\1\0moov"],
    "video/x-msvideo": [b"RIFF\x24\0\0\0AVI LIST"],
    "video/webm": [b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\x82\x84webm"],
}
OTHERS = {
    "a text": b"text",
    "a page": b"<!DOCTYPE html><html><svg></svg>",
    "another XML": b"<?xml version='1.0'?><svgs/>",
    "HEIC": b"\0\0\0\x18ftypheic",
    "AVIF": b"\0\0\0\x1cftypavif",
    "M4A": b"\0\0\0\x1cftypM4A ",
    "Matroska": b"\x1aE\xdf\xa3\x9fB\x82\x88matroska",
    "Ogg video": b"OggS\0\2........\x80theora",
    "MP2": b"\xff\xfd\x90\x64",
    "nothing": b"",
}


@pytest.mark.parametrize(
    ("kind", "head"), [(k, head) for k, heads in BYTES.items() for head in heads]
)
def test_the_first_bytes_tell_the_type(kind, head):
    """Whatever the name says."""
    assert media_type("", head, KNOWN) == kind
    assert media_type("name.txt", head, KNOWN) == kind
    assert media_type("name.mp3", head, KNOWN) == kind


@pytest.mark.parametrize("head", OTHERS.values(), ids=OTHERS)
def test_bytes_of_another_type_tell_none(head):
    """It is not guessed at."""
    assert media_type("", head, KNOWN) is None
    assert media_type("no-ending", head, KNOWN) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.MP3", "audio/mpeg"),  # with an ID3 tag before the sound, as before AAC
        ("/folder.png/a.b.aac", "audio/aac"),
        ("a.svg", "image/svg+xml"),
        ("png", None),
        ("a.txt", None),
        ("a.", None),
    ],
)
def test_a_name_tells_the_type_where_the_bytes_do_not(name, kind):
    """Its ending, in any case of letters."""
    assert media_type(name, b"ID3\4\0", KNOWN) == kind


def test_every_documented_type_is_told():
    """By bytes and by a name; one that the specification takes up needs a line in `uploads`."""
    assert set(BYTES) == set(KNOWN) == set(uploads._ENDINGS.values())


def test_a_type_that_is_not_documented_is_not_told():
    """The server would refuse it (D24)."""
    assert media_type("a.png", BYTES["image/png"][0], ["image/gif"]) is None


@given(st.binary(max_size=uploads._HEAD), st.text(max_size=20))
def test_any_bytes_and_name_are_looked_at(head, name):
    """A known type, or none; never an error."""
    assert media_type(name, head, KNOWN) in {None, *KNOWN}
