"""How often the market may be read."""

from apps.common.throttling import ApiThrottle


class MarketThrottle(ApiThrottle):
    """The limit of `settings.MARKET_THROTTLES`: browsing uses up none of the API's own limits."""

    rates_setting = "MARKET_THROTTLES"
    counted_as = "market"
