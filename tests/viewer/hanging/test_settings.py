"""Settings of the viewer as data: checked, combined, and typed by people."""

from typing import Any

import pytest

from app.sockets.schemas import InvalidValue
from viewer.configurations import DEFAULTS, check_settings, clean_settings, combined
from viewer.configurations.schema import SETTINGS_SCHEMA
from viewer.forms import SettingsForm

LIVER = {"title": "Liver", "center": 60, "width": 160}


def test_every_setting_has_a_usual_value() -> None:
    assert set(DEFAULTS) == set(SETTINGS_SCHEMA["properties"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "must be an object"),
        ({"zoom": 1}, "not known"),
        ({"default_orientation": "X"}, "one of"),
        ({"default_overlay_alpha": 2}, "at most 1"),
        ({"default_annotation_color": "red"}, "color such as"),
        ({"default_annotation_color": "#aabbcc\n"}, "color such as"),
        ({"window_presets": [{"title": "A"}]}, "center and a width"),
        ({"window_presets": [{**LIVER, "lower_percentile": 1, "upper_percentile": 9}]}, "center"),
        ({"window_presets": [LIVER, LIVER]}, "one of this title"),
        (
            {"window_presets": [{"title": "A", "lower_percentile": 9, "upper_percentile": 9}]},
            "more than 9",
        ),
        ({"key_bindings": [{"key": "w"}]}, "action: is missing"),
        ({"show_flip_tool": None}, "true or false"),
    ],
)
def test_refused(given: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        check_settings(given)


def test_what_is_usual_is_not_kept() -> None:
    given = {"show_flip_tool": True, "link_zooming": True, "window_presets": [LIVER]}
    assert clean_settings(given) == {"link_zooming": True, "window_presets": [LIVER]}


def test_the_reader_goes_before_the_study_and_windows_add_up() -> None:
    study = {"default_orientation": "C", "link_zooming": True, "window_presets": [LIVER]}
    lung = {"title": "Lung", "center": -600, "width": 1500}
    own = {"default_orientation": "S", "window_presets": [lung, {**LIVER, "width": 200}]}
    found = combined(study, own)
    assert (found["default_orientation"], found["link_zooming"]) == ("S", True)
    assert [(one["title"], one["width"]) for one in found["window_presets"]] == [
        ("Liver", 200),
        ("Lung", 1500),
    ]
    assert found["show_flip_tool"] is True


class TestForm:
    def form(self, settings: dict[str, Any] | None = None, **data: Any) -> SettingsForm:
        sent = {"keeps_layout": "on", **data}
        return SettingsForm(sent, settings=settings or {})

    def test_what_people_type_becomes_settings(self) -> None:
        form = self.form(
            default_orientation="C",
            window_presets="Liver: 60 160\n\nSoft: 2% 98%",
            key_bindings="w = Window\n= = Zoom in",
            links=["zooming"],
            hidden=["flip_tool"],
            default_overlay_alpha="0.5",
        )
        assert form.is_valid(), form.errors
        assert form.settings() == {
            "default_orientation": "C",
            "window_presets": [
                {"title": "Liver", "center": 60.0, "width": 160.0},
                {"title": "Soft", "lower_percentile": 2.0, "upper_percentile": 98.0},
            ],
            "key_bindings": [
                {"key": "w", "action": "Window"},
                {"key": "=", "action": "Zoom in"},
            ],
            "link_zooming": True,
            "show_flip_tool": False,
            "default_overlay_alpha": 0.5,
        }
        check_settings(form.settings())

    def test_it_shows_what_was_saved(self) -> None:
        saved = {
            "default_orientation": "C",
            "window_presets": [LIVER, {"title": "A", "lower_percentile": 2, "upper_percentile": 9}],
            "key_bindings": [{"key": "w", "action": "Window"}],
            "link_zooming": True,
            "show_flip_tool": False,
            "remember_layout": False,
        }
        shown = SettingsForm(settings=saved)
        data = {
            name: shown.get_initial_for_field(shown.fields[name], name) for name in shown.fields
        }
        assert data["keeps_layout"] is False
        del data["keeps_layout"]
        again = SettingsForm({k: v for k, v in data.items() if v is not None}, settings=saved)
        assert again.is_valid(), again.errors
        assert again.settings() == saved

    def test_settings_that_the_form_does_not_show_stay(self) -> None:
        others = {
            "ghosting_slice_depth": 5,
            "link_flipping": True,
            "show_annotation_counter_tool": False,
        }
        form = self.form({**others, "default_orientation": "S"})
        assert form.is_valid()
        assert form.settings() == others

    def test_what_marks_and_masks_begin_with(self) -> None:
        form = self.form(
            default_brush_size="4.5",
            default_annotation_color="#00ff7f",
            default_annotation_line_width="3",
            default_overlay_interpolation="NN",
        )
        assert form.is_valid(), form.errors
        assert form.settings() == {
            "default_brush_size": 4.5,
            "default_annotation_color": "#00ff7f",
            "default_annotation_line_width": 3.0,
            "default_overlay_interpolation": "NN",
        }
        check_settings(form.settings())
        assert "#ffb000" in str(self.form(default_annotation_color="red").errors)

    @pytest.mark.parametrize("line", ["Liver", "Liver: 60", "Liver: a b", ": 60 160", "L: 1.. 2"])
    def test_a_line_that_is_no_window_is_named(self, line: str) -> None:
        form = self.form(window_presets=line)
        assert not form.is_valid()
        assert "is no window" in str(form.errors["window_presets"])

    def test_a_line_that_is_no_key_is_named(self) -> None:
        assert "is no key" in str(self.form(key_bindings="w").errors["key_bindings"])


def test_what_the_form_does_not_show_is_kept() -> None:
    presets = [
        {"title": "Wide", "center": 123456789.5, "width": 1e9},
        {"title": "Narrow", "center": -0.00001, "width": 40},
    ]
    bindings = [{"key": "w", "action": "Window", "state": "drag"}, {"key": "z", "action": "Zoom"}]
    before = {"window_presets": presets, "key_bindings": bindings}
    form = SettingsForm(settings=before)
    typed = {name: form[name].value() for name in ("window_presets", "key_bindings")}
    sent = SettingsForm({**typed, "keeps_layout": "on"}, settings=before)
    assert sent.is_valid(), sent.errors
    found = sent.settings()
    assert (found["window_presets"], found["key_bindings"]) == (presets, bindings)


def test_more_than_any_settings_are_not_looked_at() -> None:
    with pytest.raises(InvalidValue, match="more than 5000 parts"):
        check_settings({"window_presets": [{}] * 10_000})
