"""Forms: labels, help and errors belong together, and what was typed stays."""

from __future__ import annotations

from django import forms

from app.design.samples import SampleForm, bound_form
from tests.design.rendering import HOSTILE, Elements, render


def test_every_control_has_a_label_and_its_help() -> None:
    page = Elements(render("{% form_fields form %}", form=SampleForm()))
    labelled = {label["for"] for label in page.all("label") if "for" in label}
    for tag in ("input", "select", "textarea"):
        for control in page.all(tag):
            if control.get("type") not in ("hidden",):
                assert control["id"] in labelled
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    described = [a["aria-describedby"] or "" for _, a in page.found if "aria-describedby" in a]
    assert described
    assert all(name in ids for value in described for name in value.split())


def test_choices_stand_in_a_fieldset_with_a_legend() -> None:
    page = Elements(render("{% form_field form.access %}", form=SampleForm()))
    assert page.one("fieldset")["aria-describedby"] == "id_access_helptext"
    assert len(page.all("legend")) == 1


def test_optional_fields_say_so() -> None:
    assert "optional" in Elements(render("{% form_field form.slug %}", form=SampleForm())).text
    assert "optional" not in Elements(render("{% form_field form.title %}", form=SampleForm())).text


def test_errors_are_summed_up_with_links_to_the_fields() -> None:
    page = Elements(render("{% form_fields form %}", form=bound_form()))
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    targets = [a["href"] or "" for a in page.all("a")]
    assert "#id_bad-title" in targets
    assert {target.removeprefix("#") for target in targets} <= ids
    assert "Please check 6 things" in page.text
    title = page.one("input", name="bad-title")
    assert title["aria-invalid"] == "true"
    assert "id_bad-title_error" in (title["aria-describedby"] or "").split()


def test_a_refused_form_keeps_what_was_typed() -> None:
    page = Elements(render("{% form_fields form %}", form=bound_form()))
    assert page.one("input", name="bad-slug")["value"] == "not a slug!"
    assert "Kept." in page.text


def test_general_errors_come_first() -> None:
    class Refusing(forms.Form):
        name = forms.CharField()

        def clean(self) -> None:
            raise forms.ValidationError("The two do not fit together.")

    page = Elements(render("{% form_errors form %}", form=Refusing({})))
    assert page.text.index("do not fit") < page.text.index("This field is required")
    assert "Please check 2 things" in page.text


def test_a_form_without_errors_has_no_summary() -> None:
    assert render("{% form_errors form %}", form=SampleForm()) == ""


def test_only_and_without_choose_fields() -> None:
    only = Elements(render("{% form_fields form only='slug title' %}", form=SampleForm()))
    assert [field["name"] for field in only.all("input")] == ["slug", "title"]
    rest = Elements(render("{% form_fields form without='title' %}", form=SampleForm()))
    assert rest.all("input", name="title") == []
    assert rest.all("input", name="slug")


def test_hidden_fields_have_no_frame() -> None:
    class WithSecret(forms.Form):
        token = forms.CharField(widget=forms.HiddenInput, initial="t")

    page = Elements(render("{% form_fields form %}", form=WithSecret()))
    assert page.one("input", type="hidden")["value"] == "t"
    assert "label" not in page.tags()


def test_hostile_values_stay_values() -> None:
    class Mirror(forms.Form):
        name = forms.CharField(max_length=3, label=HOSTILE)

    page = Elements(render("{% form_fields form %}", form=Mirror({"name": HOSTILE})))
    assert page.one("input", name="name")["value"] == HOSTILE
    assert not page.tags() & {"script", "img"}
