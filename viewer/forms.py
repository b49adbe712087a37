"""Forms of hanging protocols and of the viewer's settings."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from app.sockets.forms import JSONText
from viewer.configurations import DEFAULTS
from viewer.configurations.schema import COLOR, COLOR_MAPS
from viewer.models import HangingProtocol, Viewable, ViewerConfiguration

_AREA = {"spellcheck": "false", "class": "mono"}
_PERCENT = re.compile(r"(?P<low>[\d.]+)\s*%\s+(?P<high>[\d.]+)\s*%")
_WINDOW = re.compile(r"(?P<center>-?[\d.]+)\s+(?P<width>[\d.]+)")

LINK_WORDS = {
    "images": "Images",
    "panning": "Moving",
    "zooming": "Zoom",
    "slicing": "Scrolling",
    "windowing": "Window",
}
"""Links that the viewer has; the API keeps those of other viewers, too."""

SHOWN_WORDS = {
    "image_info_plugin": "Panel of information",
    "display_plugin": "Window and colors",
    "image_switcher_plugin": "List of images",
    "overlay_plugin": "Panel of overlays",
    "swivel_tool": "Tool that tilts the plane",
    "invert_tool": "Inverting",
    "flip_tool": "Turning and mirroring",
    "window_level_tool": "Window tool",
    "reset_tool": "Resetting",
    "lut_selection_tool": "Choice of colors",
}
"""Parts that the viewer can leave out."""


class PrettyJSON(JSONText):
    """JSON in a large field, written as people read it: one viewport a line."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a value; what was typed stays as it is."""
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            lines = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value)
            return f"[\n  {lines}\n]"
        return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


class ProtocolForm(forms.Form):
    """A hanging protocol. The editor in the page writes the JSON."""

    title = forms.CharField(max_length=200, help_text="Such as “Prostate, three sequences”.")
    description = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    json = PrettyJSON(
        required=True,
        label="Viewports",
        widget=forms.Textarea(attrs={**_AREA, "rows": 12, "data-hanging-json": ""}),
        help_text="As JSON, in the form of the grand-challenge API.",
    )


class SettingsForm(forms.Form):
    """Settings of the viewer as people set them; what is left open stays as it usually is."""

    default_orientation = forms.ChoiceField(
        required=False,
        label="Plane",
        choices=[("", "As stored"), ("A", "Axial"), ("C", "Coronal"), ("S", "Sagittal")],
    )
    window_presets = forms.CharField(
        required=False,
        label="Windows",
        widget=forms.Textarea(attrs={**_AREA, "rows": 4}),
        help_text="One in each line: “Liver: 60 160” (center and width) or “Soft: 2% 98%”.",
    )
    default_window_preset = forms.CharField(
        required=False, max_length=60, label="Window to begin with"
    )
    default_slab_render_method = forms.ChoiceField(
        required=False,
        label="Slab",
        choices=[("", "No slab"), ("MAX", "Maximum"), ("MIN", "Minimum"), ("AVG", "Average")],
    )
    default_slab_thickness_mm = forms.FloatField(
        required=False, min_value=0.01, max_value=99.99, label="Thickness of the slab (mm)"
    )
    default_image_interpolation = forms.ChoiceField(
        required=False,
        label="Between pixels",
        choices=[("", "As usual"), ("TL", "Smooth"), ("NN", "Pixels as they are")],
    )
    default_zoom_scale = forms.FloatField(
        required=False, min_value=0.01, max_value=99.99, label="Zoom"
    )
    default_overlay_alpha = forms.FloatField(
        required=False, min_value=0, max_value=1, label="Opacity of overlays (0 to 1)"
    )
    default_overlay_color_map = forms.ChoiceField(
        required=False,
        label="Colors of heat maps",
        choices=[("", "As usual"), *((name, name.capitalize()) for name in COLOR_MAPS)],
    )
    default_overlay_interpolation = forms.ChoiceField(
        required=False,
        label="Between values of heat maps",
        choices=[("", "As usual"), ("TL", "Smooth"), ("NN", "Values as they are")],
    )
    default_brush_size = forms.FloatField(
        required=False, min_value=0.2, max_value=400, label="Brush (mm across)"
    )
    default_annotation_color = forms.RegexField(
        COLOR,
        required=False,
        label="Color of annotations",
        help_text="Such as #ffb000.",
        error_messages={"invalid": "Write a color like #ffb000."},
    )
    default_annotation_line_width = forms.FloatField(
        required=False, min_value=0.5, max_value=20, label="Width of their lines (pixels)"
    )
    links = forms.MultipleChoiceField(
        required=False,
        label="Panes do this together",
        choices=list(LINK_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    hidden = forms.MultipleChoiceField(
        required=False,
        label="Leave out",
        choices=list(SHOWN_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    key_bindings = forms.CharField(
        required=False,
        label="Keys",
        widget=forms.Textarea(attrs={**_AREA, "rows": 4}),
        help_text="One in each line: “w = Window”. The viewer's help lists what there is.",
    )
    keeps_layout = forms.BooleanField(
        required=False,
        label="Open the next case the way the last one was left",
    )
    PLAIN = (
        "default_orientation",
        "default_window_preset",
        "default_slab_render_method",
        "default_slab_thickness_mm",
        "default_image_interpolation",
        "default_zoom_scale",
        "default_overlay_alpha",
        "default_overlay_color_map",
        "default_overlay_interpolation",
        "default_brush_size",
        "default_annotation_color",
        "default_annotation_line_width",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        settings: Mapping[str, Any],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.before = dict(settings)
        super().__init__(data, initial={**self._initial(settings), **(initial or {})})

    def _initial(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **{name: settings.get(name) for name in self.PLAIN},
            "window_presets": "\n".join(map(_preset_line, settings.get("window_presets", []))),
            "key_bindings": "\n".join(
                f"{row['key']} = {row['action']}" for row in settings.get("key_bindings", [])
            ),
            "links": [name for name in LINK_WORDS if settings.get(f"link_{name}")],
            "hidden": [name for name in SHOWN_WORDS if settings.get(f"show_{name}") is False],
            "keeps_layout": settings.get("remember_layout", True),
        }

    def clean_window_presets(self) -> list[dict[str, Any]]:
        """Return the windows, or name the first line that is none."""
        return [_preset_of(line) for line in _lines(self.cleaned_data["window_presets"])]

    def clean_key_bindings(self) -> list[dict[str, str]]:
        """Return the bindings, or name the first line that is none; states stay with theirs."""
        known = {(row["key"], row["action"]): row for row in self.before.get("key_bindings", [])}
        found = [_binding_of(line) for line in _lines(self.cleaned_data["key_bindings"])]
        return [known.get((row["key"], row["action"]), row) for row in found]

    def settings(self) -> dict[str, Any]:
        """Return what was set; settings that this form does not show stay."""
        given = self.cleaned_data
        plain = {name: given[name] for name in self.PLAIN}
        rest = {
            "window_presets": given["window_presets"],
            "key_bindings": given["key_bindings"],
            "remember_layout": given["keeps_layout"],
            **{f"link_{name}": name in given["links"] for name in LINK_WORDS},
            **{f"show_{name}": name not in given["hidden"] for name in SHOWN_WORDS},
        }
        kept = {name: value for name, value in self.before.items() if name not in plain}
        chosen = {name: value for name, value in plain.items() if value not in (None, "")}
        every = {**kept, **chosen, **rest}
        return {name: value for name, value in every.items() if value != DEFAULTS[name]}


class ConfigurationForm(SettingsForm):
    """Settings of the viewer under a name."""

    title = forms.CharField(max_length=200, help_text="Such as “Chest CT, reading”.")
    description = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("title", "description")

    def values(self) -> dict[str, Any]:
        """Return the arguments of `create_configuration`."""
        given = {name: self.cleaned_data[name] for name in ("title", "description")}
        return {**given, "settings": self.settings()}


class ViewingForm(forms.Form):
    """By which protocols cases hang, and how the viewer behaves for them."""

    hanging_protocol = forms.ModelChoiceField(
        queryset=HangingProtocol.objects.none(),
        required=False,
        empty_label="None: one pane with the first image",
    )
    view_content = PrettyJSON(
        label="What lies in the viewports",
        widget=forms.Textarea(attrs={**_AREA, "rows": 8, "data-view-content": ""}),
        help_text="Short names of sockets by viewport, such as {“main”: [“ct”, “lesions”]}. "
        "Left empty, images are dealt out in order.",
    )
    optional_hanging_protocols = forms.ModelMultipleChoiceField(
        queryset=HangingProtocol.objects.none(),
        required=False,
        label="Alternatives that readers may choose",
        widget=forms.CheckboxSelectMultiple,
    )
    viewer_configuration = forms.ModelChoiceField(
        queryset=ViewerConfiguration.objects.none(),
        required=False,
        empty_label="None: the viewer as usual",
    )

    def __init__(self, data: Any = None, *, target: Viewable) -> None:
        now = {
            "hanging_protocol": target.hanging_protocol_id,
            "optional_hanging_protocols": target.optional_hanging_protocols.all(),
            "view_content": target.view_content,
            "viewer_configuration": target.viewer_configuration_id,
        }
        super().__init__(data, initial=now)
        for name in ("hanging_protocol", "optional_hanging_protocols"):
            self.fields[name].queryset = self.protocols()  # type: ignore[attr-defined]
        configurations = ViewerConfiguration.objects.order_by("title")
        self.fields["viewer_configuration"].queryset = configurations  # type: ignore[attr-defined]

    def protocols(self) -> Any:
        """Return what can be chosen: protocols are a vocabulary that everybody shares."""
        return HangingProtocol.objects.order_by("title")

    def clean_view_content(self) -> Any:
        """Return the contents; nothing typed is nothing said."""
        given = self.cleaned_data["view_content"]
        return {} if given is None else given


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _preset_line(preset: Mapping[str, Any]) -> str:
    title = " ".join(preset["title"].split())
    if "center" in preset:
        return f"{title}: {_digits(preset['center'])} {_digits(preset['width'])}"
    low, high = preset["lower_percentile"], preset["upper_percentile"]
    return f"{title}: {_digits(low)}% {_digits(high)}%"


def _digits(number: float) -> str:
    """Return every digit of a number, never an exponent: the form reads it back."""
    whole = Decimal(repr(number))
    return f"{whole:f}" if whole != whole.to_integral_value() else f"{whole.to_integral_value():f}"


def _preset_of(line: str) -> dict[str, Any]:
    title, _, numbers = line.rpartition(":")
    percent, window = _PERCENT.fullmatch(numbers.strip()), _WINDOW.fullmatch(numbers.strip())
    try:
        if title and percent:
            low, high = float(percent["low"]), float(percent["high"])
            return {"title": title.strip(), "lower_percentile": low, "upper_percentile": high}
        if title and window:
            center, width = float(window["center"]), float(window["width"])
            return {"title": title.strip(), "center": center, "width": width}
    except ValueError:
        pass
    raise forms.ValidationError(f"“{line[:60]}” is no window. Write it like “Liver: 60 160”.")


def _binding_of(line: str) -> dict[str, str]:
    key, _, action = line.partition(" = ")
    if not key.strip() or not action.strip():
        raise forms.ValidationError(f"“{line[:60]}” is no key. Write it like “w = Window”.")
    return {"key": key.strip(), "action": action.strip()}
