"""Who may see the statements of all holders."""

from apps.common.permissions import StaffPermission


class CanViewStatements(StaffPermission):
    """Staff with the permission to view statements."""

    read = write = "payouts.view_statement"
