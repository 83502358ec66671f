"""How often somebody may write to us."""

from apps.common.throttling import ApiThrottle


class ContactThrottle(ApiThrottle):
    """The limits of `settings.CONTACT_THROTTLES`, counted apart from those of the API."""

    rates_setting = "CONTACT_THROTTLES"
    counted_as = "contact"
