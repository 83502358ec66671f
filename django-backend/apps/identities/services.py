"""Makes people who do not exist."""

import re
from dataclasses import dataclass
from typing import Final

from faker import Faker
from faker.providers.address.en_US import Provider as AddressProvider

from apps.common.ids import uuid7

STATES: Final = tuple(sorted(AddressProvider.states_abbr))
DEFAULT_DOMAIN: Final = "example.com"  # RFC 2606: no mail ever reaches anybody there
_UNIQUE_CHARACTERS: Final = 10


@dataclass(frozen=True)
class Identity:
    """A person for tests: nothing in it belongs to anybody, the phone number is one of those kept for fiction."""

    first_name: str
    last_name: str
    email: str
    phone: str
    address: str
    city: str
    state: str
    zip: str


def identity_generate(*, domain: str | None, state: str | None) -> Identity:
    """Return a new identity with an e-mail address at `domain` that no other call returns, living in `state`.

    `state` is the two-letter code of a state or DC, and the ZIP code is one of that state; None means any. Without a
    domain the address is at `example.com`.
    """
    fake = Faker("en_US")
    chosen = state or fake.random_element(STATES)
    first, last = fake.first_name(), fake.last_name()
    # The tail of a UUIDv7 is random, so two processes never return the same address.
    name = ".".join((_letters(first), _letters(last), uuid7().hex[-_UNIQUE_CHARACTERS:]))
    return Identity(
        first_name=first,
        last_name=last,
        email=f"{name}@{domain or DEFAULT_DOMAIN}",
        phone=fake.numerify("+121255501##"),
        address=fake.street_address(),
        city=fake.city(),
        state=chosen,
        zip=fake.zipcode_in_state(chosen),
    )


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
