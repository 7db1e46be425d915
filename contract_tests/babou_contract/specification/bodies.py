"""The JSON bodies of the operations: what is sent and answered, and how its schema is called.

Only the standard library and attrs are imported here, so that the generator can use it.
"""

import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from babou_contract.specification.operations import Content, Operation
from babou_contract.specification.references import Document

_NAMED = "#/components/schemas/"


@frozen(eq=False)
class Body:
    """A JSON body of an operation.

    Attributes:
        status: That of the answer; empty for the body of a request.
        name: What its schema is called in `schemas.json` and by the validators.
        place: Where its schema is referred to, or stands.
    """

    operation: Operation
    status: str
    media_type: str
    name: str
    content: Content
    place: tuple[str, ...]

    @property
    def schema(self) -> Document:
        """The schema, as it is written."""
        return self.content.schema

    @property
    def title(self) -> str:
        """What a person calls it."""
        what = f"answer {self.status}" if self.status else "request"
        return f"the {what} of {self.operation.id}"

    @property
    def is_success(self) -> bool:
        """Whether it is the body of a successful answer."""
        return self.status.startswith("2")


def json_bodies(operations: Iterable[Operation]) -> Iterator[Body]:
    """Yield the JSON bodies of requests and answers that have a schema."""
    for one in operations:
        sent = {("", media): content for media, content in one.bodies.items()}
        for (status, media), content in {**sent, **one.answers}.items():
            if is_json(media) and content.schema:
                part = ("responses", status) if status else ("requestBody",)
                place = (*one.place, *part, "content", media, "schema")
                name = _name(one, status, media, content.schema)
                yield Body(one, status, media, name, content, place)


def is_json(media_type: str) -> bool:
    """Say whether bodies of a media type are JSON."""
    return re.search(r"[/+]json$", media_type.partition(";")[0].strip()) is not None


def unnamed(operations: Iterable[Operation]) -> dict[str, Document]:
    """Return by its name each schema of a body that is no component."""
    return {body.name: body.schema for body in json_bodies(operations) if not _named(body.schema)}


def _named(schema: Document) -> str:
    """Return the name of the component that a schema is; empty where it is none."""
    alone = schema.get("allOf", ())
    reference = str((alone[0] if len(alone) == 1 else schema).get("$ref", ""))
    return reference.removeprefix(_NAMED) if reference.startswith(_NAMED) else ""


def _name(operation: Operation, status: str, media_type: str, schema: Document) -> str:
    if name := _named(schema):
        return name
    other = "" if media_type == "application/json" else f" {media_type}"
    return re.sub(r"\W+", "_", f"{operation.id} {status or 'body'}{other}")
