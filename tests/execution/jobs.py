"""Jobs of container images that were really uploaded and checked."""

from pathlib import Path

from app.core.ids import new_id
from app.core.storage import get_store
from app.execution.models import ContainerImage
from app.execution.services import validate_container_image
from tests.factories.accounts import UserFactory
from tests.factories.containers import ContainerRecipe, shell_image


def make_checked_image(script: str, *, tmp_path: Path) -> ContainerImage:
    """An image that runs a shell script, stored and checked."""
    return stored_image(shell_image(script), tmp_path=tmp_path)


def stored_image(recipe: ContainerRecipe, *, tmp_path: Path) -> ContainerImage:
    """An image, stored and checked."""
    key = f"containers/{new_id()}.tar"
    path = recipe.write(tmp_path / f"{new_id()}.tar")
    get_store().put_file(path, key=key)
    image = ContainerImage.objects.create(
        creator=UserFactory(), kind="ALGORITHM", filename="i.tar", key=key, size=1
    )
    validate_container_image(image.pk)
    image.refresh_from_db()
    assert image.state == ContainerImage.State.READY, image.reason
    return image
