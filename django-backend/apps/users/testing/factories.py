"""Users for tests; their addresses are verified unless a test says otherwise."""

import factory
from allauth.account.models import EmailAddress

from apps.users.models import User

PASSWORD = "Row-Seat-Section-19"


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An ordinary user with the password `PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        staff = factory.Trait(is_staff=True)
        superuser = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    first_name = "Pat"
    last_name = factory.Sequence(lambda number: f"Holder{number}")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def verified(self: User, create: bool, extracted: bool | None, **kwargs: object) -> None:
        EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=extracted is not False)
