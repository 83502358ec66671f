"""The people who consign seats."""

from django.conf import settings
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from apps.common.models import BaseModel
from apps.common.time import validate_time_zone


class TicketHolder(BaseModel):
    """What a seller is beyond a user: how to reach them and what interests them. Made at sign-up."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ticket_holder")
    phone = PhoneNumberField(help_text="International form: +12155550123.")
    address = models.CharField(max_length=255)
    timezone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="IANA name of the holder's own zone."
    )
    is_season_ticket_interest = models.BooleanField("interested in season tickets", default=False)
    is_card_interest = models.BooleanField("interested in cards", default=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.user)
