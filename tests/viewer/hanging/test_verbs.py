"""Making, changing and using hanging protocols and viewer configurations."""

from typing import Any

import pytest

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.models import Event
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.sockets.models import SocketValue
from archives.models import Archive
from archives.policies import ARCHIVES
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.hanging import make_case, make_configuration, make_protocol, verified
from viewer.arranging import arrangement_for
from viewer.models import HangingProtocol, RememberedLayout, ViewerConfiguration
from viewer.registry import get_source
from viewer.services import (
    change_configuration,
    change_protocol,
    change_viewing,
    create_configuration,
    create_protocol,
    delete_configuration,
    delete_protocol,
    forget_layout,
    open_session,
    remember_layout,
    save_preferences,
)

pytestmark = pytest.mark.django_db
LAYOUT = {
    "protocol": None,
    "offered": None,
    "rows": 1,
    "columns": 1,
    "panes": [{"socket": "t2", "orientation": "axial"}],
}
CONTENT = {"main": ["t2", "lesions"], "secondary": ["adc"], "tertiary": ["dwi"]}


@pytest.fixture
def editor() -> User:
    return verified()


@pytest.fixture
def archive(editor: User) -> Archive:
    return make_archive(editor=editor)


def use(archive: Archive, *, actor: User, **changes: Any) -> None:
    now = {
        "hanging_protocol": None,
        "optional_hanging_protocols": [],
        "view_content": {},
        "viewer_configuration": None,
    }
    change_viewing(actor=actor, target=archive, **(now | changes))


def shown(user: User, archive: Archive) -> dict[str, Any]:
    """What the viewer's page is told about the archive's only case."""
    item = archive.items.get()
    session, _ = open_session(user=user, source="archive-item", pk=item.pk)
    view = get_source("archive-item").resolve(user=user, pk=item.pk)
    return arrangement_for(user, view, session=session)


class TestProtocols:
    def test_the_maker_and_what_was_made_are_recorded(self, editor: User) -> None:
        protocol = create_protocol(
            actor=editor, title=" Prostate ", json=[{"viewport_name": "main"}]
        )
        assert (protocol.title, protocol.slug, protocol.creator) == ("Prostate", "prostate", editor)
        assert Event.objects.filter(name="viewer.protocol.created", actor=editor).count() == 1

    def test_unverified_people_make_none(self) -> None:
        with pytest.raises(NotFound, match="verified"):
            create_protocol(actor=UserFactory(), title="Mine", json=[{"viewport_name": "main"}])

    @pytest.mark.parametrize(
        ("fields", "named"),
        [({"title": " "}, "title"), ({"json": []}, "json"), ({"json": None}, "json")],
    )
    def test_what_is_wrong_is_named(self, editor: User, fields: Any, named: str) -> None:
        given = {"title": "Mine", "json": [{"viewport_name": "main"}]} | fields
        with pytest.raises(ValidationFailed) as refused:
            create_protocol(actor=editor, **given)
        assert list(refused.value.fields) == [named]
        assert not HangingProtocol.objects.exists()

    def test_two_of_one_title_have_two_slugs(self, editor: User) -> None:
        slugs = {make_protocol(creator=editor, title="Same").slug for _ in range(2)}
        assert slugs == {"same", "same-2"}

    def test_viewports_with_something_in_them_stay(self, editor: User, archive: Archive) -> None:
        make_case(archive)
        protocol = make_protocol("main", "secondary", "tertiary", creator=editor)
        use(archive, actor=editor, hanging_protocol=protocol, view_content=CONTENT)
        with pytest.raises(ValidationFailed, match="") as refused:
            change_protocol(actor=editor, protocol=protocol, json=[{"viewport_name": "main"}])
        assert "Cases of one archive hang by it" in refused.value.fields["json"][0]
        protocol.refresh_from_db()
        assert len(protocol.json) == 3
        change_protocol(actor=editor, protocol=protocol, title="Other")

    def test_one_in_use_is_not_deleted(self, editor: User, archive: Archive) -> None:
        default, other = make_protocol(creator=editor), make_protocol(creator=editor)
        use(archive, actor=editor, hanging_protocol=default, optional_hanging_protocols=[other])
        for protocol in (default, other):
            with pytest.raises(Conflict, match="in use"):
                delete_protocol(actor=editor, protocol=protocol)
        use(archive, actor=editor)
        delete_protocol(actor=editor, protocol=default)
        assert HangingProtocol.objects.get() == other


class TestConfigurations:
    def test_only_what_differs_is_kept(self, editor: User) -> None:
        made = create_configuration(
            actor=editor, title="CT", settings={"link_zooming": True, "show_flip_tool": True}
        )
        assert made.settings == {"link_zooming": True}
        change_configuration(actor=editor, configuration=made, settings={}, title="MR")
        made.refresh_from_db()
        assert (made.settings, made.title, made.slug) == ({}, "MR", "ct")

    def test_wrong_settings_are_named(self, editor: User) -> None:
        with pytest.raises(ValidationFailed) as refused:
            create_configuration(actor=editor, title="CT", settings={"zoom": 1})
        assert "zoom" in refused.value.fields["settings"][0]

    def test_one_in_use_is_not_deleted(self, editor: User, archive: Archive) -> None:
        made = make_configuration(creator=editor)
        use(archive, actor=editor, viewer_configuration=made)
        with pytest.raises(Conflict):
            delete_configuration(actor=editor, configuration=made)
        use(archive, actor=editor)
        delete_configuration(actor=editor, configuration=made)
        assert not ViewerConfiguration.objects.exists()


class TestViewing:
    def test_content_must_fit_the_protocol(self, editor: User, archive: Archive) -> None:
        make_case(archive)
        protocol = make_protocol("main", creator=editor)
        with pytest.raises(ValidationFailed, match="") as refused:
            use(archive, actor=editor, hanging_protocol=protocol, view_content=CONTENT)
        assert "no viewport" in refused.value.fields["view_content"][0]
        archive.refresh_from_db()
        assert archive.hanging_protocol is None

    def test_content_names_sockets_there_are(self, editor: User, archive: Archive) -> None:
        with pytest.raises(ValidationFailed) as refused:
            use(archive, actor=editor, view_content={"main": ["nothing-like-it"]})
        assert "no socket" in refused.value.fields["view_content"][0]

    def test_viewports_and_content_change_together(self, editor: User, archive: Archive) -> None:
        make_case(archive)
        protocol = make_protocol("main", "secondary", "tertiary", creator=editor)
        use(archive, actor=editor, hanging_protocol=protocol, view_content=CONTENT)
        use(
            archive,
            actor=editor,
            hanging_protocol=protocol,
            viewports=[{"viewport_name": "main"}, {"viewport_name": "secondary"}],
            view_content={"main": ["dwi"], "secondary": ["adc"]},
        )
        protocol.refresh_from_db()
        assert [viewport["viewport_name"] for viewport in protocol.json] == ["main", "secondary"]
        assert shown(editor, archive)["protocols"][0]["contents"]["main"] == ["dwi"]

    def test_viewports_of_somebody_else_stay(self, editor: User, archive: Archive) -> None:
        strange = make_protocol()
        with pytest.raises(NotFound, match="Only whoever made"):
            use(
                archive,
                actor=editor,
                hanging_protocol=strange,
                viewports=[{"viewport_name": "main", "label": "Mine"}],
            )
        strange.refresh_from_db()
        assert strange.json == [{"viewport_name": "main"}]

    def test_it_is_recorded_with_what_was_before(self, editor: User, archive: Archive) -> None:
        protocol = make_protocol(creator=editor)
        use(archive, actor=editor, hanging_protocol=protocol)
        data = Event.objects.get(name="viewer.viewing.changed").data
        assert data["before"]["hanging_protocol"] == ""
        assert data["after"]["hanging_protocol"] == str(protocol.pk)


class TestArrangement:
    def test_three_sequences_with_a_segmentation_hang_as_named(
        self, editor: User, archive: Archive
    ) -> None:
        make_case(archive)
        protocol = make_protocol("main", "secondary", "tertiary", creator=editor)
        other = make_protocol("main", creator=editor)
        use(
            archive,
            actor=editor,
            hanging_protocol=protocol,
            optional_hanging_protocols=[other],
            view_content=CONTENT,
        )
        told = shown(editor, archive)
        assert [one["pk"] for one in told["protocols"]] == [str(protocol.pk), str(other.pk)]
        assert told["protocols"][0]["contents"] == CONTENT
        assert told["protocols"][1]["contents"] == {"main": ["t2", "lesions"]}
        assert [one["slug"] for one in told["sockets"]] == ["t2", "adc", "dwi", "lesions"]
        assert all(one["image"] for one in told["sockets"])
        assert told["viewing"]["may_change"] is True

    def test_older_values_come_first_however_the_database_lists_them(
        self, editor: User, archive: Archive
    ) -> None:
        make_case(archive)
        item = archive.items.get()
        values = list(item.values.order_by("-pk"))
        item.values.clear()
        for value in values:  # rows that are written anew stand behind the others
            SocketValue.objects.filter(pk=value.pk).update(modified=value.modified)
            item.values.add(value)
        told = shown(editor, archive)
        assert [one["slug"] for one in told["sockets"]] == ["t2", "adc", "dwi", "lesions"]

    def test_readers_are_told_and_change_nothing(self, archive: Archive) -> None:
        make_case(archive)
        archive.public = True
        archive.save()
        told = shown(UserFactory(), archive)
        assert told["viewing"]["may_change"] is False
        assert told["protocols"] == []

    def test_study_and_reader_settle_the_viewer(self, editor: User, archive: Archive) -> None:
        make_case(archive)
        configuration = make_configuration(
            creator=editor, link_zooming=True, default_orientation="C"
        )
        use(archive, actor=editor, viewer_configuration=configuration)
        save_preferences(user=editor, settings={"default_orientation": "S"})
        settings = shown(editor, archive)["settings"]
        assert (settings["link_zooming"], settings["default_orientation"]) == (True, "S")

    def test_a_layout_is_the_readers_own_and_of_one_object(
        self, editor: User, archive: Archive
    ) -> None:
        make_case(archive)
        other = make_archive(editor=editor)
        make_case(other)
        remember_layout(user=editor, target=archive, layout={**LAYOUT, "rows": 2})
        remember_layout(user=editor, target=archive, layout=LAYOUT)
        assert shown(editor, archive)["remembered"] == LAYOUT
        assert shown(editor, other)["remembered"] is None
        assert RememberedLayout.objects.count() == 1
        save_preferences(user=editor, settings={"remember_layout": False})
        assert shown(editor, archive)["remembered"] is None
        save_preferences(user=editor, settings={})
        forget_layout(user=editor, target=archive)
        assert shown(editor, archive)["remembered"] is None

    def test_a_phase_speaks_for_its_archive_unless_that_speaks(self, editor: User) -> None:
        phase = make_phase(make_challenge(admin=editor), cases=1)
        archive = phase.archive
        grant_role(ARCHIVES, actor=editor, obj=archive, user=editor, role="EDITOR")
        protocol, own = make_protocol(creator=editor), make_protocol(creator=editor)
        use(phase, actor=editor, hanging_protocol=protocol)  # type: ignore[arg-type]
        (told,) = shown(editor, archive)["protocols"]
        assert told["pk"] == str(protocol.pk)
        use(archive, actor=editor, hanging_protocol=own)
        (told,) = shown(editor, archive)["protocols"]
        assert told["pk"] == str(own.pk)

    def test_a_wrong_layout_is_refused(self, editor: User, archive: Archive) -> None:
        with pytest.raises(ValidationFailed):
            remember_layout(user=editor, target=archive, layout={**LAYOUT, "rows": 9})


@pytest.mark.parametrize("slug", ["\x00", "\ud800"])
def test_slugs_that_no_database_takes(archive: Archive, editor: User, slug: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        use(archive, actor=editor, view_content={"main": [slug]})
    assert "cannot be stored" in refused.value.fields["view_content"][0]


def test_more_than_any_protocol_is_not_looked_at(editor: User) -> None:
    many = [{"viewport_name": "main", "order": number} for number in range(100_000)]
    with pytest.raises(ValidationFailed) as refused:
        create_protocol(actor=editor, title="Many", json=many)
    assert "more than 5000 parts" in refused.value.fields["json"][0]


def test_a_protocol_that_was_deleted_since_it_was_chosen(archive: Archive, editor: User) -> None:
    protocol = make_protocol(creator=editor)
    HangingProtocol.objects.filter(pk=protocol.pk).delete()
    for chosen in ({"hanging_protocol": protocol}, {"optional_hanging_protocols": [protocol]}):
        with pytest.raises(NotFound, match="deleted meanwhile"):
            use(archive, actor=editor, **chosen)


def test_contents_are_held_against_the_viewports_there_are_now(
    archive: Archive, editor: User
) -> None:
    make_case(archive)
    protocol = make_protocol("main", "secondary", "tertiary", creator=editor)
    read_before = HangingProtocol.objects.get(pk=protocol.pk)
    change_protocol(actor=editor, protocol=protocol, json=[{"viewport_name": "main"}])
    with pytest.raises(ValidationFailed) as refused:
        use(archive, actor=editor, hanging_protocol=read_before, view_content=CONTENT)
    assert "no viewport" in refused.value.fields["view_content"][0]
