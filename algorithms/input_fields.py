"""Form fields for inputs of algorithms, each by the kind of its socket."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms

from app.sockets.forms import JSONText
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import InvalidValue, SuperKind, validate_value
from app.sockets.services import GivenValue
from app.uploads.fields import ChosenUploads, UploadsField

PREFIX = "input-"
_YES_NO = (("true", "Yes"), ("false", "No"))


class OptionalUploads(UploadsField):
    """Uploads that need not be given."""

    def clean(self, value: tuple[str, str]) -> ChosenUploads | None:  # type: ignore[override]
        """Return the uploads, or nothing where nothing was chosen."""
        if not self.required and not (value and value[0].strip()):
            return None
        return super().clean(value)


def field_name(socket: Socket) -> str:
    """Return the name of a socket's field; slugs cannot collide with the form's own fields."""
    return f"{PREFIX}{socket.slug}"


def field_of(socket: Socket, *, user: Any, required: bool) -> forms.Field:
    """Return the field that a person gives a value of this socket with."""
    common: dict[str, Any] = {
        "label": socket.title,
        "help_text": "",
        "required": required,
    }
    if socket.super_kind is SuperKind.VALUE:
        return _value_field(socket, common)
    note = "DICOM, MetaImage, NIfTI, NRRD, TIFF, PNG or JPEG; they have to make one image."
    image = socket.super_kind is SuperKind.IMAGE
    field = OptionalUploads(
        directories=image,
        multiple=image,
        accept="" if image else socket.extension,
        note=note if image else f"One {socket.socket_kind.label.lower()} file.",
        **common,
    )
    field.user = user
    return field


class InputsForm(forms.Form):
    """One field for each input that is given by hand."""

    def __init__(
        self, *args: Any, user: Any, sockets: Sequence[Socket], required: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sockets = list(sockets)
        for socket in self.sockets:
            self.fields[field_name(socket)] = field_of(socket, user=user, required=required)

    def clean(self) -> dict[str, Any]:
        """Check each value against its socket's schema, and say what is wrong beside its field."""
        data: dict[str, Any] = super().clean() or {}
        for socket in self._values():
            name = field_name(socket)
            value = data.get(name)
            if name not in data or not is_given(value):
                continue
            try:
                validate_value(value, kind=socket.kind, schema=socket.schema)
            except InvalidValue as error:
                self.add_error(name, str(error))
        return data

    def given(self) -> list[GivenValue]:
        """Return what was given, as a service takes it."""
        found = []
        for socket in self.sockets:
            value = self.cleaned_data.get(field_name(socket))
            if not is_given(value):
                continue
            if not isinstance(value, ChosenUploads):
                found.append(GivenValue(socket, value=value))
            elif socket.is_image:
                found.append(GivenValue(socket, uploads=value.uploads))
            else:
                found.append(GivenValue(socket, upload=value.uploads[0]))
        return found

    def planned(self) -> Mapping[int, SocketValue]:
        """Return the given values that are no files, by socket and not yet written."""
        return {
            value.socket.pk: SocketValue(socket=value.socket, value=value.value, has_value=True)
            for value in self.given()
            if not uploaded(value)
        }

    def _values(self) -> Iterable[Socket]:
        return (socket for socket in self.sockets if socket.super_kind is SuperKind.VALUE)


def is_given(value: Any) -> bool:
    """Tell whether a field was filled in; zero and no are values."""
    return value is not None and value not in ("", [])


def uploaded(value: GivenValue) -> bool:
    """Tell whether a value comes as files."""
    return bool(value.upload or value.uploads)


def _value_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    build = _BUILDERS.get(socket.kind, _json_field)
    return build(socket, common | {"initial": socket.default_value})


def _text_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    widget = forms.TextInput() if _is_short(socket) else forms.Textarea(attrs={"rows": 3})
    return forms.CharField(strip=False, widget=widget, **common)


def _integer_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    return forms.IntegerField(**common, **_bounds(socket))


def _float_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **common)


def _yes_no_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    initial = None if socket.default_value is None else str(bool(socket.default_value)).lower()
    return forms.TypedChoiceField(
        choices=_YES_NO,
        coerce=lambda text: text == "true",
        empty_value=None,
        widget=forms.RadioSelect,
        **(common | {"initial": initial}),
    )


def _choice_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    options = [(option, option) for option in _options(socket)]
    if not options:
        return _text_field(socket, common)
    return forms.ChoiceField(choices=[("", "Choose one"), *options], **common)


def _choices_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    options = [(option, option) for option in _options(socket)]
    if not options:
        return _json_field(socket, common)
    return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **common)


def _json_field(socket: Socket, common: dict[str, Any]) -> forms.Field:
    example = socket.example_value
    if example is None:
        example = socket.socket_kind.example
    shown = {"rows": 8, "class": "mono", "placeholder": _text_of(example)[:2000]}
    texts = {
        "help_text": f"{socket.socket_kind.label}, as JSON.",
        "initial": _text_of(socket.default_value),
    }
    return JSONText(widget=forms.Textarea(attrs=shown), **(common | texts))


def _text_of(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _options(socket: Socket) -> list[str]:
    schema: Any = socket.schema or {}
    if socket.kind == "MCHO":
        schema = schema.get("items") or {}
    found = schema.get("enum") if isinstance(schema, dict) else None
    return [option for option in found or () if isinstance(option, str)]


def _is_short(socket: Socket) -> bool:
    longest = (socket.schema or {}).get("maxLength")
    return isinstance(longest, int) and longest <= 200


def _bounds(socket: Socket) -> dict[str, Any]:
    """Return the schema's bounds for the browser's own field; the schema itself is asked again."""
    schema = socket.schema or {}
    names = {"minimum": "min_value", "maximum": "max_value"}
    return {
        argument: schema[name]
        for name, argument in names.items()
        if isinstance(schema.get(name), int)
    }


_BUILDERS: Mapping[str, Callable[[Socket, dict[str, Any]], forms.Field]] = {
    "STR": _text_field,
    "INT": _integer_field,
    "FLT": _float_field,
    "BOOL": _yes_no_field,
    "CHOI": _choice_field,
    "MCHO": _choices_field,
}
