"""Words of statements."""

from django.db import models


class StatementLineKind(models.TextChoices):
    """What a line of a statement is about; `void` reverses a `sale`."""

    SALE = "sale", "Sale"
    VOID = "void", "Void sale"
