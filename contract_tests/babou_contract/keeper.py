"""Keep the key out of everything that is shown or stored."""

from urllib.parse import quote

from babou_contract import spec

SHOWN = "$BABOU_API_KEY"
_TELLING = 8  # so many characters of a key in a row are not there by chance, and help to guess it


class Keeper:
    """Knows the key and whatever was made of it, and takes them out of any text."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._secret = key.removeprefix(spec.key_prefix())
        self._shown: dict[str, str] = {}
        if key:
            self.know(key, SHOWN)

    def know(self, value: str, shown: str) -> None:
        """Have a value that was made of the key shown as something else."""
        for spelled in (value, quote(value, safe="")):
            self._shown.setdefault(spelled, shown)

    def hide(self, text: str) -> str:
        """Return the text without the key, and without longer parts of it."""
        for value in sorted(self._shown, key=len, reverse=True):
            text = text.replace(value, self._shown[value])
        while part := self.part_in(text):
            text = text.replace(part, f"{SHOWN} in part")
        return text

    def hide_bytes(self, content: bytes) -> bytes:
        """Do the same with bytes, whatever their encoding."""
        text = content.decode("latin-1")
        hidden = self.hide(text)
        return content if hidden == text else hidden.encode("latin-1")

    def part_in(self, text: str, at_least: int = 0) -> str | None:
        """Return a part of the key, too long to be there by chance, that stands in the text."""
        size = at_least or _TELLING
        for start in range(len(self._secret) - size + 1):
            if (part := self._secret[start : start + size]) in text:
                end = start + size
                while end < len(self._secret) and part + self._secret[end] in text:
                    part, end = part + self._secret[end], end + 1
                return part
        return None
