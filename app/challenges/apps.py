"""Application configuration of challenges."""

from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    """Challenges, phases, submissions, evaluations and leaderboards."""

    name = "app.challenges"
    label = "challenges"

    def ready(self) -> None:
        """Register what challenges are to the layers below."""
        from algorithms.services.runs import build_algorithm_spec
        from app.accounts.registry import register_people
        from app.audit.registry import register_history, register_page
        from app.challenges.policies import CHALLENGES
        from app.challenges.selectors import image_ids_visible_to, managed_challenge, parts_of
        from app.challenges.services.cases import case_finished
        from app.challenges.services.method import build_method_spec, method_finished
        from app.execution.registry import register_job_kind
        from app.images import visibility

        register_people("challenge", CHALLENGES)
        register_page("challenges.challenge", "challenges:detail")
        register_page("challenges.phase", "challenges:phase")
        register_page("challenges.evaluation", "challenges:evaluation")
        register_history("challenges.challenge", door=managed_challenge, parts=parts_of)
        visibility.register(image_ids_visible_to)
        register_job_kind(
            "challenge-case", build_spec=build_algorithm_spec, on_finished=case_finished
        )
        register_job_kind("evaluation", build_spec=build_method_spec, on_finished=method_finished)
