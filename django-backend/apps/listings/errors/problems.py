"""What can be wrong with seats that are offered."""

from apps.common.problems import ProblemCode


class OfferProblem(ProblemCode):
    """Each problem with the code that the API sends and the sentence that people read."""

    EVENT_NOT_OPEN = (
        "event_not_open",
        "Seats can only be listed for an upcoming event as scheduled; this one {reason}.",
    )
    EVENT_ELSEWHERE = (
        "other_venue",
        "The game is at {venue}, where the season ticket has no seats until we have entered yours. Please contact us.",
    )
    SEAT_WITHHELD = (
        "seat_withheld",
        "Withheld for own use at {event}: {seats}. To list withheld seats, release them first.",
    )
    ALL_WITHHELD = "seat_withheld", "All seats are withheld for own use."
    SEAT_TAKEN = "seat_already_listed", "Already listed for {event}: section {section}, row {row}, {seats}."
    STEP_DAYS = "terms_refused", "Days before the event must be between 0 and {most}."
    STEP_OFF = "terms_refused", "The mark-down must be between {least} and {most}."
    STEP_REPEATED = "terms_refused", "Day {day} is named twice."
    STEP_VOID = "terms_refused", "The mark-down must be larger than {off}, that of an earlier day."
    QUANTITIES_MISSING = "terms_refused", "The custom split rule needs at least one quantity."
    QUANTITIES_UNUSED = "terms_refused", "Custom quantities are for the custom split rule only."
    QUANTITY_RANGE = "terms_refused", "Quantity {quantity} is not between 1 and {most}, the seats of the listing."
    QUANTITY_REPEATED = "terms_refused", "Quantity {quantity} is named twice."
    ODD_SEATS = "terms_refused", "Pairs need an even number of seats; the listing has {quantity}."
    DISCLOSURE_UNKNOWN = "terms_refused", "{word} is not a disclosure."
    DISCLOSURE_REPEATED = "terms_refused", "{word} is named twice."
    NOTES_LENGTH = "terms_refused", "Notes have at most {most} characters."
    NOTES_CHARACTER = "terms_refused", "{why}"
    FLOOR_ABOVE_PRICE = "terms_refused", "The floor {floor} is above the price {price}."
    FLOOR_ABOVE_PAYOUT = (
        "terms_refused",
        "The net floor {floor} is above what the price {price} pays out today, at the rate {rate}.",
    )
    IN_HAND_LATE = "terms_refused", "Tickets must be in hand by the day of the event, {day}."
