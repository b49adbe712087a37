"""The API of reader studies."""

from typing import Any, cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.core.api.filters import Filter, KeyFilter, NumberFilter, YesNoFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound
from app.sockets.api.serializers import given_value
from reader_studies import selectors, services
from reader_studies.api import question_serializers, serializers
from reader_studies.api.references import shown_references
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.policies import READER_STUDIES


class ReaderStudyViewSet(ResourceViewSet[ReaderStudy]):
    """Reader studies."""

    area = "reader-studies"
    queryset = ReaderStudy.objects.none()
    serializer_class = serializers.ReaderStudySerializer
    filters = {"slug": Filter("slug"), "title": Filter("title")}
    ordering_fields = ("title", "created", "modified")

    def get_queryset(self) -> QuerySet[ReaderStudy]:
        """Return the visible studies with their questions."""
        studies = selectors.studies_for(self.request.user).annotate(
            is_referenced=Exists(
                Answer.references.filter(display_set__study=OuterRef("pk")).order_by()
            )
        )
        return studies.prefetch_related(
            Prefetch(
                "questions",
                Question.objects.select_related("socket", "look_up_table").prefetch_related(
                    "options"
                ),
            )
        )

    def find(self, pk: Any, action: str) -> ReaderStudy:
        """Return the study."""
        return selectors.get_study_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewReaderStudySerializer,
        responses={201: serializers.ReaderStudySerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a reader study; the caller is its editor."""
        given = self.checked(serializers.NewReaderStudySerializer)
        study = services.create_study(actor=cast(User, request.user), **given)
        return self.shown(study, status=201)

    @extend_schema(
        request=serializers.NewReaderStudySerializer, responses=serializers.ReaderStudySerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a reader study."""
        study = self.find(key_of(pk), "change")
        given = self.checked(serializers.NewReaderStudySerializer, partial=True)
        actor = cast(User, request.user)
        return self.shown(services.update_study(actor=actor, study=study, **given))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(
        detail=True,
        url_path=r"ground-truth/(?P<case_pk>[^/.]+)",
        pagination_class=None,
        filter_backends=(),
    )
    def ground_truth(self, request: Request, pk: str, case_pk: str) -> Response:
        """Show the reference standard of a display set by question, to those who edit the study."""
        study = self.find(key_of(pk), "view")
        display_set = selectors.get_display_set_for(request.user, key_of(case_pk))
        if display_set.study_id != study.pk:
            raise NotFound
        if not READER_STUDIES.allows(request.user, study, "statistics"):
            return Response({})
        return Response(shown_references(display_set))


class QuestionViewSet(ResourceViewSet[Question]):
    """Questions of reader studies."""

    area = "reader-studies"
    queryset = Question.objects.none()
    serializer_class = question_serializers.QuestionSerializer
    filters = {"reader_study": KeyFilter("study")}

    def get_queryset(self) -> QuerySet[Question]:
        """Return the questions of visible studies."""
        return selectors.questions_for(self.request.user)

    def find(self, pk: Any, action: str) -> Question:
        """Return the question."""
        return selectors.get_question_for(self.request.user, pk, action=action)

    @extend_schema(
        request=question_serializers.NewQuestionSerializer,
        responses={201: question_serializers.QuestionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Add a question to a reader study."""
        given = self.checked(question_serializers.NewQuestionSerializer)
        actor = cast(User, request.user)
        study = selectors.get_study_for(actor, key_of(given.pop("reader_study")), action="change")
        options = given.pop("options", ())
        question = services.add_question(
            actor=actor,
            study=study,
            options=[title for title, _ in options],
            defaults=[title for title, default in options if default],
            **given,
        )
        return self.shown(question, status=201)

    @extend_schema(
        request=question_serializers.QuestionChangeSerializer,
        responses=question_serializers.QuestionSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a question's words and place; its rules until it was answered."""
        question = self.find(key_of(pk), "change")
        given = self.checked(question_serializers.QuestionChangeSerializer, partial=True)
        actor = cast(User, request.user)
        return self.shown(services.update_question(actor=actor, question=question, **given))


class DisplaySetViewSet(ResourceViewSet[DisplaySet]):
    """Display sets of reader studies."""

    area = "reader-studies"
    queryset = DisplaySet.objects.none()
    serializer_class = serializers.DisplaySetSerializer
    filters = {
        "reader_study": KeyFilter("study"),
        "unanswered_by_user": YesNoFilter(
            says="Only those about which the caller has not answered anything.",
            narrow=lambda sets, wanted, user: (
                sets.exclude(pk__in=Answer.objects.filter(reader=user).values("display_set"))
                if wanted
                else sets
            ),
        ),
    }
    ordering_fields = ("order", "title", "created")

    def get_queryset(self) -> QuerySet[DisplaySet]:
        """Return the display sets of visible studies."""
        return selectors.display_sets_for(self.request.user)

    def find(self, pk: Any, action: str) -> DisplaySet:
        """Return the display set."""
        return selectors.get_display_set_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewDisplaySetSerializer,
        responses={201: serializers.DisplaySetPostSerializer},
    )
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Add a display set to a reader study that is named by its slug."""
        given = self.checked(serializers.NewDisplaySetSerializer)
        actor = cast(User, request.user)
        study = selectors.get_study_by_slug_for(actor, given["reader_study"], action="change")
        order = given.pop("order", 0)
        made = services.create_display_set(
            actor=actor, study=study, title=given.get("title", ""), order=order
        )
        return self._changed(made, given, status=201)

    @extend_schema(
        request=serializers.DisplaySetChangeSerializer,
        responses=serializers.DisplaySetPostSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a display set; sockets that are not given keep their values."""
        found = self.find(key_of(pk), "change")
        return self._changed(found, self.checked(serializers.DisplaySetChangeSerializer))

    @extend_schema(
        request=serializers.DisplaySetChangeSerializer,
        responses=serializers.DisplaySetPostSerializer,
    )
    def update(self, request: Request, pk: str) -> Response:
        """Change a display set; sockets that are not given lose their values."""
        found = self.find(key_of(pk), "change")
        given = self.checked(serializers.DisplaySetChangeSerializer)
        return self._changed(found, given, replace_all="values" in given)

    def _changed(
        self,
        display_set: DisplaySet,
        given: dict[str, Any],
        *,
        replace_all: bool = False,
        status: int = 200,
    ) -> Response:
        actor = cast(User, self.request.user)
        services.change_display_set(
            actor=actor,
            display_set=display_set,
            title=given.get("title"),
            order=given.get("order"),
            given=[given_value(actor, value) for value in given.get("values", ())],
            replace_all=replace_all,
        )
        shown = self.find(display_set.pk, "view")
        return self.shown(shown, status=status, by=serializers.DisplaySetPostSerializer)


class AnswerViewSet(ResourceViewSet[Answer]):
    """Answers: the caller's own, and everybody's in studies that the caller edits."""

    area = "reader-studies"
    queryset = Answer.objects.none()
    serializer_class = serializers.AnswerSerializer
    filters = {
        "creator": NumberFilter("reader"),
        "question": KeyFilter("question"),
        "question__reader_study": KeyFilter("question__study"),
        "display_set": KeyFilter("display_set"),
        "is_ground_truth": YesNoFilter(
            says="The reference standard, which editors see; or the answers of readers.",
            narrow=lambda answers, wanted, user: answers.filter(is_reference=wanted),
        ),
    }
    ordering_fields = ("created", "modified")

    def get_queryset(self) -> QuerySet[Answer]:
        """Return the visible answers."""
        return selectors.answers_for(self.request.user)

    def find(self, pk: Any, action: str) -> Answer:
        """Return the answer."""
        return selectors.get_answer_for(self.request.user, pk, action=action)

    @extend_schema(responses=serializers.AnswerSerializer(many=True))
    @action(detail=False)
    def mine(self, request: Request) -> Response:
        """List the caller's own answers."""
        answers = self.get_queryset().filter(reader=cast(User, request.user), is_reference=False)
        own = self.filter_queryset(answers)
        page = self.paginate_queryset(own)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=serializers.NewAnswerSerializer, responses={201: serializers.AnswerSerializer}
    )
    def create(self, request: Request) -> Response:
        """Answer a question about a display set; repeating the same answer is fine."""
        given = self.checked(serializers.NewAnswerSerializer)
        reader = cast(User, request.user)
        answer = services.give_answer(
            reader=reader,
            display_set=selectors.get_display_set_for(
                reader, key_of(given["display_set"]), action="read"
            ),
            question=selectors.get_question_for(reader, key_of(given["question"]), action="read"),
            value=given["answer"],
            duration=given.get("last_edit_duration"),
        )
        return self.shown(answer, status=201)

    @extend_schema(
        request=serializers.AnswerChangeSerializer, responses=serializers.AnswerSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change an own answer, where the study allows it."""
        answer = self.find(key_of(pk), "change")
        given = self.checked(serializers.AnswerChangeSerializer)
        changed = services.give_answer(
            reader=cast(User, request.user),
            display_set=answer.display_set,
            question=answer.question,
            value=given["answer"],
            change=True,
            duration=given.get("last_edit_duration"),
        )
        return self.shown(changed)

    @extend_schema(
        request=serializers.AnswerChangeSerializer, responses=serializers.AnswerSerializer
    )
    def update(self, request: Request, pk: str) -> Response:
        """Change an own answer, where the study allows it."""
        return self.partial_update(request, pk)
