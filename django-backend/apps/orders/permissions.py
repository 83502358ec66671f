"""How often the market may be read, and how often the code of a coupon may be guessed."""

from rest_framework.request import Request

from apps.common.throttling import ApiThrottle, Counted


class MarketThrottle(ApiThrottle):
    """The limit of `settings.MARKET_THROTTLES`: browsing uses up none of the API's own limits."""

    rates_setting = "MARKET_THROTTLES"
    counted_as = "market"


class CouponThrottle(ApiThrottle):
    """The limit of `settings.COUPON_THROTTLES` on codes that do not work.

    Every code is counted before anybody knows whether it works, so that many guesses at once stay within the limit.
    """

    rates_setting = "COUPON_THROTTLES"
    counted_as = "coupon"

    def take_back(self, request: Request) -> None:
        """Uncount a request whose code works."""
        if window := self.window_of(request):
            Counted(window.counter, 1).take_back()
