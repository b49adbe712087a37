"""What can go wrong with storage, in words for people."""

from app.core.errors import Conflict, PortalError, ServiceUnavailable, ValidationFailed


class StorageUrlInvalid(PortalError):
    """``STORAGE_URL`` cannot be understood; the secret in it is never repeated."""

    code = "storage-url-invalid"
    status = 500
    title = "STORAGE_URL is not usable"


class StorageUnavailable(ServiceUnavailable):
    """The store did not answer, or refused our credentials."""

    code = "storage-unavailable"
    title = "The file store does not answer"


class ObjectMissing(PortalError):
    """Nothing is stored under this key."""

    code = "object-missing"
    status = 404
    title = "The file is not stored any more"


class KeyInvalid(PortalError):
    """A storage key with anything but lower-case letters, digits, dots, dashes and folders."""

    code = "storage-key-invalid"
    title = "This is not a storage key"


class MultipartMissing(Conflict):
    """The multipart upload was completed, aborted, or never existed."""

    code = "multipart-missing"
    title = "This upload is no longer open"


class PartsRefused(ValidationFailed):
    """The listed parts are not what was stored."""

    code = "parts-refused"
    title = "The parts of this upload do not fit together"
