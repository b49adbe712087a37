"""Evaluations as programs list them."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.sockets.selectors import medical_image_socket
from tests.api.conftest import Api
from tests.factories.challenges import make_challenge, make_evaluation, make_phase


def test_a_list_asks_no_more_for_more_evaluations(api: Api, user: User) -> None:
    medical_image_socket()
    mine, other = make_phase(make_challenge(admin=user)), make_phase()
    api.get("evaluations/")
    asked = []
    for count in (1, 3):
        for _ in range(count):
            make_evaluation(mine, score=0.5)
        with CaptureQueriesContext(connection) as queries:
            found = api.get("evaluations/")["results"]
        assert all(one["metrics"] is not None for one in found), "to organizers in full"
        asked.append(len(queries))
    assert asked[0] == asked[1]
    own = make_evaluation(other, score=0.25, creator=user)
    shown = {one["pk"]: one for one in api.get("evaluations/")["results"]}
    assert shown[str(own.pk)]["metrics"] is None, "elsewhere the same person organizes nothing"
    assert shown[str(own.pk)]["rank_score"] == 0.25
