"""Who may handle sales and change events."""

from apps.common.permissions import StaffPermission


class CanHandleSales(StaffPermission):
    """Staff who may view sales read them; recording needs the add permission, everything else the change permission."""

    read, write, create = "orders.view_sale", "orders.change_sale", "orders.add_sale"


class CanChangeEvents(StaffPermission):
    """Staff with the permission to change events."""

    read = write = "catalog.change_event"
