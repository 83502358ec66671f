"""How often the contact form may be used."""

from apps.common.throttling import ApiThrottle


class ContactThrottle(ApiThrottle):
    """The limits of `settings.CONTACT_THROTTLES`, counted separately from those of the API."""

    rates_setting = "CONTACT_THROTTLES"
    counted_as = "contact"
