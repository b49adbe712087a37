"""Masks that answer a question: painted as annotations, images once the reader saves."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.core.ids import new_id
from app.images.models import Image
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.services import GivenAnswer, answers_csv, set_reference, take_as_reference
from reader_studies.services.masks import finish_mask
from tests.factories.accounts import UserFactory
from tests.factories.annotations import MASK, make_annotation
from tests.factories.studies import make_question, make_study
from tests.viewer.annotations.conftest import packed
from viewer.annotations.desk import desk_for
from viewer.annotations.models import Annotation
from viewer.annotations.services import Change, take_changes

SEGMENTS = [{"name": "Nodule", "voxel_value": 1, "visible": True}]


@pytest.fixture
def study(user: User) -> ReaderStudy:
    """A study of one case; ``user`` reads."""
    return make_study(readers=[user], cases=1)


@pytest.fixture
def case(study: ReaderStudy) -> DisplaySet:
    return study.display_sets.get()


@pytest.fixture
def question(study: ReaderStudy) -> Question:
    return make_question(study, kind="MASK", text="Paint it", segments=SEGMENTS)


def painted(author: User, case: DisplaySet, source: str = "display-set") -> Annotation:
    return make_annotation(author, source=source, obj=case, kind="SEG", value=MASK)


def paint_more(author: User, mask: Annotation) -> None:
    """Change a mask, so that what was made of it is old."""
    mask.refresh_from_db()
    desk = desk_for(author, mask.source, mask.object_id)
    change = Change(
        id=new_id(), annotation=mask.pk, base=mask.revision, given={"label": f"{new_id()}"}
    )
    (outcome,) = take_changes(desk, [change])
    assert outcome.status == "saved"


def send(client: Client, case: DisplaySet, question: Question, value: Any, **body: Any) -> Any:
    response = client.post(
        reverse("reader_studies:answers", args=[case.pk]),
        {"answers": {str(question.pk): {"value": value}}, **body},
        content_type="application/json",
    )
    assert response.status_code == 200, response.content
    return response.json()


def test_an_image_once_it_is_saved(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    mask = painted(user, case)
    value = {"mask": str(mask.pk)}
    assert send(signed_in, case, question, value)["errors"] == {}
    answer = Answer.objects.get()
    assert (answer.content, answer.image) == (value, None)
    assert "next" in send(signed_in, case, question, value, done=True)
    answer.refresh_from_db()
    image = answer.image
    assert image is not None
    assert answer.content == {"image": str(image.pk)}
    shown = case.values.get().image
    assert (image.size, image.spacing, image.origin) == (shown.size, shown.spacing, shown.origin)
    panel = signed_in.get(reverse("reader_studies:panel", args=[case.pk])).content.decode()
    assert str(mask.pk) in panel, "it is painted further from where it was painted"
    assert str(image.pk) in "".join(answers_csv(case.study))


def test_saved_again_only_when_it_changed(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    mask = painted(user, case)
    value = {"mask": str(mask.pk)}
    images = []
    for _ in range(2):
        send(signed_in, case, question, value, saves=True)
        images.append(Answer.objects.get().image_id)
    assert images[0] == images[1]
    paint_more(user, mask)
    send(signed_in, case, question, value)
    assert Answer.objects.get().image is None
    send(signed_in, case, question, value, saves=True)
    assert Answer.objects.get().image_id not in (None, images[0])


def test_only_one_s_own_on_this_case(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    other = UserFactory()
    elsewhere = make_study(readers=[user, other], cases=1).display_sets.get()
    for mask in (painted(user, elsewhere), painted(other, elsewhere)):
        told = send(signed_in, case, question, {"mask": str(mask.pk)})
        assert "no such mask of yours" in told["errors"][str(question.pk)]
    assert not Answer.objects.exists()


def test_images_of_others_are_no_answers(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    foreign = make_study(cases=1).display_sets.get().values.get().image
    told = send(signed_in, case, question, {"image": str(foreign.pk)})
    assert "may not use it" in told["errors"][str(question.pk)]


def test_seen_by_editors_and_its_reader_alone(
    user: User, signed_in: Client, study: ReaderStudy, case: DisplaySet, question: Question
) -> None:
    mask = painted(user, case)
    send(signed_in, case, question, {"mask": str(mask.pk)}, saves=True)
    image = Answer.objects.get().image
    editor = study.memberships.get(role="EDITOR").user
    other = UserFactory()
    for person, sees in ((user, True), (editor, True), (other, False)):
        assert Image.objects.visible_to(person).filter(pk=image.pk).exists() is sees


def test_the_reference_is_painted_too(case: DisplaySet, question: Question) -> None:
    editor = case.study.memberships.get(role="EDITOR").user
    mask = painted(editor, case, source="reference-standard")
    given = GivenAnswer(value={"mask": str(mask.pk)})
    where = {"editor": editor, "display_set": case, "question": question, "given": given}
    answer = set_reference(**where, is_final=False)
    assert answer is not None
    assert answer.image is None
    answer = set_reference(**where)
    assert answer is not None
    assert answer.image is not None
    assert not Answer.objects.exists()


def test_no_image_of_labels_that_were_not_asked_for(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    mask = painted(user, case)
    segments = [*MASK["segments"], {"name": "Vessel", "voxel_value": 2}]
    width, height, _ = mask.image.size
    voxels = np.full((height, width), 2, "u1")
    desk = desk_for(user, mask.source, mask.object_id)
    change = Change(
        id=new_id(),
        annotation=mask.pk,
        base=mask.revision,
        given={"value": {**MASK, "segments": segments}},
        slices=[packed(voxels, index=0)],
    )
    (outcome,) = take_changes(desk, [change])
    assert outcome.status == "saved", outcome.problem
    images = Image.objects.count()
    told = send(signed_in, case, question, {"mask": str(mask.pk)}, saves=True)
    assert "not among its segments" in told["errors"][str(question.pk)]
    assert Image.objects.count() == images
    assert Answer.objects.get().image is None


def test_what_was_answered_meanwhile_stays(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    first, second = painted(user, case), painted(user, case)
    send(signed_in, case, question, {"mask": str(first.pk)})
    before = Answer.objects.get()
    send(signed_in, case, question, {"mask": str(second.pk)})
    images = Image.objects.count()
    finish_mask(before)
    answer = Answer.objects.get()
    assert (answer.value, answer.image) == ({"mask": str(second.pk)}, None)
    assert Image.objects.count() == images


def test_only_finished_masks_become_the_reference(
    user: User, signed_in: Client, case: DisplaySet, question: Question
) -> None:
    editor = case.study.memberships.get(role="EDITOR").user
    mask = painted(user, case)
    send(signed_in, case, question, {"mask": str(mask.pk)})
    assert take_as_reference(editor=editor, study=case.study, reader=user) == 0
    send(signed_in, case, question, {"mask": str(mask.pk)}, saves=True)
    assert take_as_reference(editor=editor, study=case.study, reader=user) == 1
    taken = Answer.references.get()
    assert taken.image == Answer.objects.get().image
    assert taken.editable_content == {"image": str(taken.image_id)}
