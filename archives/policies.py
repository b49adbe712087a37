"""Who may do what with an archive."""

from app.accounts.policies import RolePolicy
from archives.models import Archive, ArchiveMember

Role = ArchiveMember.Role
_USER = frozenset({"view", "use", "download"})
_UPLOADER = _USER | {"upload"}


class ArchivePolicy(RolePolicy[Archive]):
    """Users look and use, uploaders add, editors change and manage people."""

    model = Archive
    membership = ArchiveMember
    owner_role = Role.EDITOR
    public_actions = _USER
    grants = {
        Role.USER: _USER,
        Role.UPLOADER: _UPLOADER,
        Role.EDITOR: _UPLOADER | {"change", "manage", "delete"},
    }


ARCHIVES = ArchivePolicy()
