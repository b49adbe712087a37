"""Settings from outside, checked."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator

from app.sockets.schemas import InvalidValue, check_plain
from app.sockets.schemas.wording import explained
from viewer.configurations.defaults import DEFAULTS
from viewer.configurations.schema import MOST_PARTS, SETTINGS_SCHEMA

_VALIDATOR = Draft7Validator(SETTINGS_SCHEMA)
_WORDS = {
    "pattern": "must be a color such as #ffb000",
    "oneOf": "must have a center and a width, or a lower and an upper percentile",
}


def clean_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked settings without those that say what is usual anyway."""
    check_settings(given)
    return {name: value for name, value in given.items() if value != DEFAULTS[name]}


def check_settings(given: Any) -> None:
    """Raise `InvalidValue` unless ``given`` are settings of the viewer; null is not one of them."""
    check_plain(given, most=MOST_PARTS)
    error = min(_VALIDATOR.iter_errors(given), key=lambda e: [*map(str, e.path)], default=None)
    if error is not None:
        field, message = explained(error)
        message = _WORDS.get(str(error.validator), message)
        raise InvalidValue(message if field else f"The settings {message}.", field=field)
    _check_presets(given)


def _check_presets(given: Mapping[str, Any]) -> None:
    presets = given.get("window_presets", [])
    titles = [preset["title"] for preset in presets]
    for index, preset in enumerate(presets):
        if titles.index(preset["title"]) != index:
            raise InvalidValue(
                "There is one of this title.", field=f"window_presets[{index}].title"
            )
        low, high = preset.get("lower_percentile", 0), preset.get("upper_percentile", 100)
        if low >= high:
            field = f"window_presets[{index}].upper_percentile"
            raise InvalidValue(f"must be more than {low}", field=field)
