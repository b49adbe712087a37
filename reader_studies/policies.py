"""Who may do what with a reader study."""

from app.accounts.policies import RolePolicy
from reader_studies.models import ReaderStudy, ReaderStudyMember

Role = ReaderStudyMember.Role


class ReaderStudyPolicy(RolePolicy[ReaderStudy]):
    """Readers look and answer; editors also change, see statistics and manage people."""

    model = ReaderStudy
    membership = ReaderStudyMember
    owner_role = Role.EDITOR
    grants = {
        Role.READER: frozenset({"view", "read"}),
        Role.EDITOR: frozenset({"view", "read", "change", "statistics", "manage", "delete"}),
    }


READER_STUDIES = ReaderStudyPolicy()
