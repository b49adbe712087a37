"""What was done to the private database, so that the next start need not do it again."""

from collections.abc import Mapping
from pathlib import Path

from config.local.home import REPOSITORY
from config.local.programs import CODE
from config.local.stamps import Stamp, digest_of

SEED_SOURCES = (
    "app/web/demo",
    "app/web/seeding",
    "app/web/management",
    "config/settings/personas.py",
    "demo",
)
SEED_VARIABLES = ("DEMO_PASSWORD", "STORAGE_URL")


class DatabaseWork:
    """Whether migrations and demo data stand as the sources and the variables want them.

    The notes lie beside the data, so that they go when the data go.
    """

    def __init__(self, home: Path, *, variables: Mapping[str, str]) -> None:
        self._home = home
        self._migrations = digest_of([*migrations(), REPOSITORY / "requirements" / "base.txt"])
        self._seed = digest_of(
            (REPOSITORY / path for path in SEED_SOURCES),
            self._migrations,
            *(variables[name] for name in SEED_VARIABLES),
            "with engine" if variables.get("DOCKER_HOST") else "without engine",
        )

    @property
    def migrated(self) -> bool:
        """Whether all migrations ran."""
        return self._stamp("migrated").matches(self._migrations)

    @property
    def seeded(self) -> bool:
        """Whether the demo was filled in by these sources, with these passwords."""
        return self._stamp("seeded").matches(self._seed)

    def note_migrated(self) -> None:
        """Remember that the migrations ran."""
        self._stamp("migrated").write(self._migrations)

    def note_seeded(self) -> None:
        """Remember that the demo was filled in."""
        self._stamp("seeded").write(self._seed)

    def _stamp(self, name: str) -> Stamp:
        return Stamp(self._home / "postgres" / name)


def migrations() -> list[Path]:
    """Return the product's migration files."""
    return [path for folder in CODE for path in (REPOSITORY / folder).glob("**/migrations/*.py")]
