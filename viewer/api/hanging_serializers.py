"""Shapes of hanging protocols and viewer configurations, in the words that clients know."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from app.core.api.fields import Constant, KeyField, LinkField, PlainJSONField
from viewer.configurations import LINKS, SHOWN, combined
from viewer.hanging.schema import CONTENT_SCHEMA, PROTOCOL_SCHEMA
from viewer.models import HangingProtocol, Viewable, ViewerConfiguration

_ORIENTATIONS = {"A": "Axial", "C": "Coronal", "S": "Sagittal"}
_METHODS = {"MAX": "Maximum", "MIN": "Minimum", "AVG": "Average"}
_INTERPOLATIONS = {"NN": "NearestNeighbor", "TL": "Trilinear"}
_CONTEXTS = {"PATH": "Pathology", "MPMRI": "Multiparametric MRI"}
_WORDS = {
    "image_context": _CONTEXTS,
    "default_orientation": _ORIENTATIONS,
    "default_slab_render_method": _METHODS,
    "default_image_interpolation": _INTERPOLATIONS,
    "default_overlay_interpolation": _INTERPOLATIONS,
}
_PLAIN = (
    "default_slab_thickness_mm",
    "default_overlay_alpha",
    "default_zoom_scale",
    "default_brush_size",
    "default_annotation_color",
    "default_annotation_line_width",
    "ghosting_slice_depth",
    "point_bounding_box_size_mm",
    "default_limit_view_area_to_image_volume",
    "auto_jump_center_of_gravity",
    "key_bindings",
)


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema as OpenAPI takes it: without a dialect of its own."""
    return {name: rule for name, rule in schema.items() if name != "$schema"}


@extend_schema_field(_described(PROTOCOL_SCHEMA))
class ProtocolField(PlainJSONField):
    """The viewports of a hanging protocol; services check them."""


@extend_schema_field(_described(CONTENT_SCHEMA))
class ContentField(PlainJSONField):
    """Slugs of sockets by viewport; services check them."""


class HangingProtocolSerializer(serializers.ModelSerializer[HangingProtocol]):
    """A hanging protocol."""

    pk = KeyField(read_only=True)
    json = ProtocolField(read_only=True)
    svg_icon = serializers.CharField(read_only=True)

    class Meta:
        model = HangingProtocol
        fields = ("json", "title", "pk", "svg_icon")
        read_only_fields = ("title",)


class WholeProtocolSerializer(HangingProtocolSerializer):
    """A hanging protocol with everything about it."""

    api_url = LinkField("api:hanging-protocol-detail", source="*", read_only=True)

    class Meta(HangingProtocolSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *HangingProtocolSerializer.Meta.fields,
            "api_url",
            "slug",
            "description",
            "created",
            "modified",
        )
        read_only_fields = ("title", "slug", "description", "created", "modified")  # type: ignore[assignment]


class NewProtocolSerializer(serializers.Serializer[Any]):
    """What a hanging protocol is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    json = ProtocolField()


class ViewingSerializer(serializers.Serializer[Viewable]):
    """How the cases of an object hang, and how the viewer behaves for them."""

    hanging_protocol = HangingProtocolSerializer(read_only=True, allow_null=True)
    optional_hanging_protocols = HangingProtocolSerializer(many=True, read_only=True)
    view_content = ContentField(read_only=True)
    viewer_configuration = LinkField(
        "api:view-config-detail", source="viewer_configuration_id", read_only=True
    )


class ViewingChangeSerializer(serializers.Serializer[Any]):
    """What is changed of it; protocols and configurations by key or address."""

    hanging_protocol = LinkField("api:hanging-protocol-detail", required=False, allow_null=True)
    optional_hanging_protocols = serializers.ListField(
        child=LinkField("api:hanging-protocol-detail"), required=False, max_length=50
    )
    view_content = ContentField(required=False)
    viewer_configuration = LinkField("api:view-config-detail", required=False, allow_null=True)
    viewports = ProtocolField(
        required=False,
        help_text="New viewports of the hanging protocol, for whoever made it; they and "
        "view_content change together.",
    )


class LayoutSerializer(serializers.Serializer[Any]):
    """How the reader left the screen, for the next case."""

    layout = PlainJSONField()


class SettingsSerializer(serializers.Serializer[Any]):
    """The caller's own settings of the viewer."""

    settings = PlainJSONField()


class WindowPresetSerializer(serializers.Serializer[Any]):
    """A window by center and width, or by percentiles."""

    pk = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    center = serializers.FloatField(allow_null=True)
    width = serializers.FloatField(allow_null=True)
    lower_percentile = serializers.FloatField(allow_null=True)
    upper_percentile = serializers.FloatField(allow_null=True)


class ConfigurationSerializer(serializers.ModelSerializer[ViewerConfiguration]):
    """A viewer configuration, with everything that it leaves open as it usually is."""

    pk = KeyField(read_only=True)
    creator = serializers.SlugRelatedField(slug_field="username", read_only=True)  # type: ignore[var-annotated]
    overlay_luts = Constant([])
    default_overlay_lut = Constant(None)
    overlay_segments = Constant([])

    class Meta:
        model = ViewerConfiguration
        fields = (
            "pk",
            "slug",
            "title",
            "description",
            "created",
            "modified",
            "creator",
            "overlay_luts",
            "default_overlay_lut",
            "overlay_segments",
        )
        read_only_fields = ("slug", "title", "description", "created", "modified")

    def to_representation(self, configuration: ViewerConfiguration) -> dict[str, Any]:
        """Return the fields of the public API, and the settings as they were given."""
        settings = combined(configuration.settings)
        return {
            **super().to_representation(configuration),
            **{name: words.get(settings[name], "") for name, words in _WORDS.items()},
            **{name: settings[name] for name in _PLAIN},
            **{f"show_{name}": settings[f"show_{name}"] for name in SHOWN},
            **{f"link_{name}": settings[f"link_{name}"] for name in LINKS},
            **_windows(settings),
            "enabled_preprocessors": (
                ["contrast_enhanced"] if settings["enable_contrast_enhancement"] else []
            ),
            "settings": configuration.settings,
        }


class NewConfigurationSerializer(serializers.Serializer[Any]):
    """What a viewer configuration is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    settings = PlainJSONField()


def _windows(settings: Mapping[str, Any]) -> dict[str, Any]:
    presets = [_preset(row, number) for number, row in enumerate(settings["window_presets"], 1)]
    chosen = (one for one in presets if one["title"] == settings["default_window_preset"])
    return {"window_presets": presets, "default_window_preset": next(chosen, None)}


def _preset(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    values = ("center", "width", "lower_percentile", "upper_percentile")
    return {
        "pk": number,
        "slug": row["title"].lower().replace(" ", "-"),
        "title": row["title"],
        "description": "",
        **{name: row.get(name) for name in values},
    }
