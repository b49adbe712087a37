"""Application configuration of algorithms."""

from django.apps import AppConfig


class AlgorithmsConfig(AppConfig):
    """Containers that turn images into results, their versions and their runs."""

    name = "algorithms"
    label = "algorithms"

    def ready(self) -> None:
        """Register what algorithms are to the layers below."""
        from algorithms.display import RunSource
        from algorithms.models import AlgorithmMember, AlgorithmRequest
        from algorithms.news import register_news
        from algorithms.personal_data import started_runs
        from algorithms.policies import ALGORITHMS, RUNS
        from algorithms.selectors import (
            managed_algorithm,
            parts_of,
            value_ids_visible_to,
        )
        from algorithms.socket_uses import uses_of_socket
        from algorithms.viewing import VIEWABLE
        from app.accounts.personal_data import register_personal_data
        from app.accounts.registry import register_people
        from app.audit.registry import register_history, register_page
        from app.requests.registry import Kind, register_kind
        from app.sockets import visibility as values
        from app.sockets.uses import register_socket_uses
        from viewer.registry import register
        from viewer.viewables import register_viewable

        self._register_images()
        self._register_execution()
        register_people("algorithm", ALGORITHMS, page="algorithms:people")
        register_people("run", RUNS, page="algorithms:run")
        register_personal_data("runs", started_runs)
        register_kind(
            Kind(
                key="algorithm",
                noun="algorithm",
                icon="cpu",
                area="algorithms",
                pages="algorithms",
                policy=ALGORITHMS,
                requests=AlgorithmRequest,
                roles=(AlgorithmMember.Role.USER,),
            )
        )
        register_news()
        register_page("algorithms.algorithm", "algorithms:detail")
        register_page("algorithms.algorithmrun", "algorithms:run")
        register_page("algorithms.algorithmversion", "algorithms:version")
        register_page("algorithms.algorithmmodel", "algorithms:model")
        register_page("algorithms.runbatch", "algorithms:batch")
        register_page("algorithms.algorithmendpoint", "algorithms:endpoint")
        register_history("algorithms.algorithm", door=managed_algorithm, parts=parts_of)
        values.register(value_ids_visible_to)
        register_socket_uses(uses_of_socket)
        register(RunSource())
        register_viewable(VIEWABLE)

    def _register_execution(self) -> None:
        """Say what runs, where its containers and weights are shown and when they may go."""
        from algorithms.keeping import unneeded_archives
        from algorithms.news import page_of_container, page_of_weights
        from algorithms.services.runs import algorithm_job_finished, build_algorithm_spec
        from app.execution.registry import (
            register_container_page,
            register_job_kind,
            register_unneeded,
            register_weights_page,
        )

        register_container_page("ALGORITHM", page_of_container)
        register_weights_page(page_of_weights)
        register_unneeded(unneeded_archives)
        register_job_kind(
            "algorithm", build_spec=build_algorithm_spec, on_finished=algorithm_job_finished
        )

    def _register_images(self) -> None:
        """Say who sees images through runs, how they come in and who reviews them."""
        from algorithms.selectors import (
            image_ids_visible_to,
            job_reviewers,
            own_input_ids,
            own_jobs,
            reviewed_job,
            uses_of_image,
        )
        from algorithms.services.jobs import describe_job, lose_job_input, receive_job_input
        from app.images import visibility
        from app.images.registry import register_destination
        from app.images.reviewing import Place, register_home, register_place
        from app.images.uses import register_uses

        visibility.register(image_ids_visible_to, used=image_ids_visible_to)
        visibility.register(own_input_ids, used=own_input_ids)
        register_uses(uses_of_image)
        register_destination("job", receive_job_input, describe_job, lose_job_input)
        register_place(Place("job", own_jobs, reviewed_job, reviewers=job_reviewers))
        register_home("job", "job")
