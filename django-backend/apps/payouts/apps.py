"""What holders have earned."""

from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    """Row 6 of the design: monthly statements; what is paid out will refer to them."""

    name = "apps.payouts"
