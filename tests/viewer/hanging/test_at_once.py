"""Two changes of how cases are viewed, at the same moment on real connections: both hold."""

from functools import partial
from threading import Barrier

import pytest
from django.test import Client

from tests.factories.archives import make_archive
from tests.factories.hanging import make_configuration, make_protocol, verified
from tests.viewer.annotations.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_left_out_of_a_change_stays_as_the_other_left_it() -> None:
    editor = verified()
    archive = make_archive(editor=editor)
    protocol, configuration = make_protocol(), make_configuration(link_zooming=True)
    path = f"/api/v1/viewing/archive/{archive.pk}/"
    changes = {
        "hanging_protocol": str(protocol.pk),
        "viewer_configuration": str(configuration.pk),
    }

    def change(name: str, value: str | None, together: Barrier) -> int:
        browser = Client()
        browser.force_login(editor)
        together.wait(60)
        return browser.patch(path, {name: value}, content_type="application/json").status_code

    for values in (changes, dict.fromkeys(changes)) * 3:
        together = Barrier(2)
        found = at_once(*(partial(change, name, value, together) for name, value in values.items()))
        assert found == [200, 200]
        archive.refresh_from_db()
        held = (archive.hanging_protocol_id, archive.viewer_configuration_id)
        wanted = (protocol.pk, configuration.pk) if values is changes else (None, None)
        assert held == wanted
