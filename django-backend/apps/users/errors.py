"""What can go wrong with users and the staff group."""

from apps.common.errors import DomainError


class UnknownPermission(DomainError):
    """A name in STAFF_GROUP_PERMISSIONS is no permission of an installed model."""

    code = "unknown_permission"
    status = 400
