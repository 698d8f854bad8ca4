"""Messages between their two forms: the dicts of the wire and the typed objects that hooks receive.

A request's dict is what `decode_request` of the contract makes of it; a response's is the JSON object that
the client is sent. What hooks hand back is held to the rules that bodies are held to.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from kizuna.runtime import api
from kizuna.runtime.api.shapes import Shape, shapes_of
from kizuna.wire.integers import RANGES
from kizuna.wire.messages import Kind
from kizuna.wire.timestamps import rfc3339

M = TypeVar("M", bound=api.Message)
Convert = Callable[[Any], Any]


def decode_request(cls: type[M], fields: Mapping[str, Any]) -> M:
    """The request of a decoded body and query; fields that are not there have their defaults."""
    request: M = _REQUEST.decoder(cls)(fields)
    return request


def encode_request(request: api.Message) -> dict[str, Any]:
    """The same back: all fields but those that are None.

    `TypeError` or `ValueError`, naming the field, for what no client could have sent.
    """
    return _REQUEST.encode(request)


def decode_response(cls: type[M], message: Mapping[str, Any]) -> M:
    """The response that a JSON object with snake_case names stands for."""
    response: M = _RESPONSE.decoder(cls)(message)
    return response


def encode_response(response: api.Message) -> dict[str, Any]:
    """The same back: 64-bit integers and times as text, and nothing of what is zero, empty or None, except
    that a zero is printed where None would say that there is none.

    `TypeError` or `ValueError`, naming the field, for what cannot be sent.
    """
    return _RESPONSE.encode(response)


class _Misfit(Exception):
    """A value that its field cannot hold. The path to it grows on the way out."""

    def __init__(self, error: type[Exception], complaint: str, path: str = "") -> None:
        self.error = error
        self.complaint = complaint
        self.path = path

    def within(self, step: str) -> "_Misfit":
        dot = "." if self.path and not self.path.startswith("[") else ""
        return _Misfit(self.error, self.complaint, f"{step}{dot}{self.path}")


def _mistaken(value: object, wanted: str) -> _Misfit:
    return _Misfit(TypeError, f"must be {wanted}, not {type(value).__name__}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _mistaken(value, "str")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Misfit(ValueError, "must be text without surrogates") from None
    return str.__str__(value)  # of a subclass its text, whatever it prints as


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _mistaken(value, "bool")
    return value


def _integer(kind: Kind) -> Convert:
    low, high = RANGES[kind]

    def convert(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _mistaken(value, "int")
        if not low <= value <= high:
            raise _Misfit(ValueError, f"must be {low} to {high}")
        return int(value)

    return convert


_int64 = _integer(Kind.INT64)


def _int64_text(value: Any) -> str:
    return str(_int64(value))


def _time(value: Any) -> datetime:
    if value.__class__ is datetime and value.tzinfo is UTC:
        return value
    if not isinstance(value, datetime):
        raise _mistaken(value, "datetime")
    if value.utcoffset() is None:
        raise _Misfit(ValueError, "must be a time with a time zone")
    try:
        time = value.astimezone(UTC)
    except OverflowError:
        raise _Misfit(ValueError, "must lie in the years 1 to 9999") from None
    # The JSON encoder does not know subclasses.
    return datetime.combine(time.date(), time.timetz())


def _time_text(value: Any) -> str:
    return rfc3339(_time(value))


def _string_map(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _mistaken(value, "dict")
    return {
        _placed(_text, f"[{key!r}]", key): _placed(_text, f"[{key!r}]", item) for key, item in value.items()
    }


def _placed(convert: Convert, step: str, value: Any) -> Any:
    try:
        return convert(value)
    except _Misfit as misfit:
        raise misfit.within(step) from None


def _each(convert: Convert) -> Convert:
    def convert_all(values: Any) -> list[Any]:
        if not isinstance(values, list | tuple):
            raise _mistaken(values, "list")
        return [_placed(convert, f"[{index}]", value) for index, value in enumerate(values)]

    return convert_all


class _Form:
    """One way to write messages: how values are read and written by kind, and whether zeros are written.

    What to do with a class is found out once.
    """

    def __init__(self, reads: Mapping[Kind, Convert], writes: Mapping[Kind, Convert], *, zeros: bool) -> None:
        self._reads = reads
        self._writes = writes
        self._zeros = zeros
        self._decoders: dict[type[api.Message], Convert] = {}
        self._encoders: dict[type[api.Message], Convert] = {}

    def decoder(self, cls: type[api.Message]) -> Convert:
        """What makes a message of a dict."""
        known = self._decoders.get(cls)
        if known is None:
            known = self._decoders[cls] = self._new_decoder(cls)
        return known

    def encode(self, message: api.Message) -> dict[str, Any]:
        """The dict of a message. Raises what the public functions say."""
        cls = type(message)
        try:
            encoded: dict[str, Any] = self._encoder(cls)(message)
        except _Misfit as misfit:
            raise misfit.error(f"{cls.__name__}.{misfit.path} {misfit.complaint}") from None
        return encoded

    def _encoder(self, cls: type[api.Message]) -> Convert:
        known = self._encoders.get(cls)
        if known is None:
            known = self._encoders[cls] = self._new_encoder(cls)
        return known

    def _new_decoder(self, cls: type[api.Message]) -> Convert:
        conversions = [(shape.name, read) for shape in shapes_of(cls) if (read := self._reading(shape))]

        def decode(fields: Mapping[str, Any]) -> api.Message:
            values = dict(fields)
            for name, read in conversions:
                if name in values:
                    values[name] = read(values[name])
            return cls(**values)

        return decode

    def _reading(self, shape: Shape) -> Convert | None:
        """How to read a field, None where its value is passed on as it is."""
        read = self.decoder(shape.message) if shape.message else self._reads.get(shape.kind)
        if not shape.repeated:
            return read
        return list if read is None else lambda values: [read(value) for value in values]

    def _new_encoder(self, cls: type[api.Message]) -> Convert:
        if not cls.__module__.startswith(api.__name__):
            raise TypeError(f"{cls.__name__} is no message of the API")
        steps = [(shape.name, self._writing(shape), shape.optional) for shape in shapes_of(cls)]
        zeros = self._zeros

        def encode(message: Any) -> dict[str, Any]:
            if not isinstance(message, cls):
                raise _mistaken(message, cls.__name__)
            fields: dict[str, Any] = {}
            for name, write, optional in steps:
                value = getattr(message, name, None)  # None too for one that was deleted
                if value is None and optional:
                    continue
                try:
                    written = write(value)
                except _Misfit as misfit:
                    raise misfit.within(name) from None
                if value or optional or zeros:
                    fields[name] = written
            return fields

        return encode

    def _writing(self, shape: Shape) -> Convert:
        write = self._encoder(shape.message) if shape.message else self._writes[shape.kind]
        return _each(write) if shape.repeated else write


_WRITES: dict[Kind, Convert] = {
    Kind.STRING: _text,
    Kind.BOOL: _boolean,
    **{kind: _integer(kind) for kind in RANGES},
    Kind.TIMESTAMP: _time,
    Kind.STRING_MAP: _string_map,
}

_REQUEST = _Form({Kind.STRING_MAP: dict}, _WRITES, zeros=True)
_RESPONSE = _Form(
    {Kind.STRING_MAP: dict, Kind.INT64: int, Kind.TIMESTAMP: datetime.fromisoformat},
    {**_WRITES, Kind.INT64: _int64_text, Kind.TIMESTAMP: _time_text},
    zeros=False,
)
