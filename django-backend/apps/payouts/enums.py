"""Words of statements."""

from django.db import models


class StatementLineKind(models.TextChoices):
    """What a line of a statement tells; `void` takes back what a `sale` told."""

    SALE = "sale", "Sale"
    VOID = "void", "Void sale"
