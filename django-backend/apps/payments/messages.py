"""What staff read in Slack about payments."""

from apps.common.money import cents_to_text
from apps.common.slack_blocks import Words, context, header, sections, words
from apps.payments.models import MoneyIncident


def incident_words(incident: MoneyIncident) -> Words:
    """Return the alarm about a money incident; it names no person."""
    payment = incident.payment
    found = f"{cents_to_text(incident.found_cents)} {payment.currency.upper()}"
    shown = [
        f"*{incident.get_kind_display()}*: Stripe has {found} for {payment}, which does not match our payment.",
        "The payment is frozen for a day. Accept, refund or dismiss the incident in the admin, under Money incidents.",
    ]
    blocks = [header(":rotating_light: Money incident"), *sections(shown), context(f"Incident {incident.id}")]
    return words(f"Money incident {incident.id}", blocks)
