"""Application configuration of challenges."""

from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    """Challenges, phases, submissions, evaluations and leaderboards."""

    name = "app.challenges"
    label = "challenges"

    def ready(self) -> None:
        """Register what challenges are to the layers below."""
        from algorithms.services.runs import build_algorithm_spec
        from app.audit.registry import register_history, register_page
        from app.challenges.display import EvaluationCaseSource
        from app.challenges.models import Evaluation
        from app.challenges.news import page_of_method, register_news
        from app.challenges.progress import evaluation_moved
        from app.challenges.selectors import (
            image_ids_visible_to,
            managed_challenge,
            parts_of,
            served_predictions,
        )
        from app.challenges.services.cases import case_finished
        from app.challenges.services.method import build_method_spec, method_finished
        from app.challenges.socket_uses import uses_of_socket
        from app.challenges.viewing import VIEWABLE, phase_of
        from app.core.states import on_move
        from app.delivery.registry import register_file_policy
        from app.execution.registry import register_container_page, register_job_kind
        from app.images import visibility
        from app.sockets.uses import register_socket_uses
        from viewer.registry import register as register_source
        from viewer.viewables import register_stand_in, register_viewable

        self._register_people()
        on_move(Evaluation, evaluation_moved)
        register_news()
        register_container_page("METHOD", page_of_method)
        register_page("challenges.challenge", "challenges:detail")
        register_page("challenges.phase", "challenges:phase")
        register_page("challenges.evaluation", "challenges:evaluation")
        register_page("challenges.challengeproposal", "challenges:proposal")
        register_history("challenges.challenge", door=managed_challenge, parts=parts_of)
        register_file_policy("predictions", served_predictions)
        visibility.register(image_ids_visible_to)
        register_socket_uses(uses_of_socket)
        register_viewable(VIEWABLE)
        register_source(EvaluationCaseSource())
        register_stand_in("archive", phase_of)
        register_job_kind(
            "challenge-case", build_spec=build_algorithm_spec, on_finished=case_finished
        )
        register_job_kind("evaluation", build_spec=build_method_spec, on_finished=method_finished)

    def _register_people(self) -> None:
        """Who takes part, how people ask for it, and what belongs to a person."""
        from django.db.models.signals import post_delete

        from app.accounts.personal_data import register_personal_data
        from app.accounts.registry import register_people
        from app.challenges.models import ChallengeMember, ChallengeRequest, Ranking
        from app.challenges.personal_data import (
            forget_proposals,
            joined_teams,
            leave_teams,
            made_submissions,
            proposed_challenges,
            written_for_challenges,
        )
        from app.challenges.policies import CHALLENGES
        from app.challenges.selectors import questions_of
        from app.challenges.services.ranking_files import forget_ranked_names, remove_files
        from app.requests.registry import Kind, register_kind

        register_people("challenge", CHALLENGES, page="challenges:people")
        post_delete.connect(remove_files, sender=Ranking, dispatch_uid="ranking-files")
        register_personal_data("submissions", made_submissions, forget_ranked_names)
        register_personal_data("challenge-proposals", proposed_challenges, forget_proposals)
        register_personal_data("teams", joined_teams, leave_teams)
        register_personal_data("challenge-writings", written_for_challenges)
        register_kind(
            Kind(
                key="challenge",
                noun="challenge",
                icon="trophy",
                area="challenges",
                pages="challenges",
                policy=CHALLENGES,
                requests=ChallengeRequest,
                roles=(ChallengeMember.Role.PARTICIPANT,),
                questions=questions_of,
            )
        )
