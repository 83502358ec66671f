"""Model fields for typed text, checked in every admin form; migrations see Django's own fields."""

from typing import TYPE_CHECKING, Any

from django.db import models

from apps.common.form_fields import validate_line

if TYPE_CHECKING:  # the stubs know the types of the values of Django's own fields only
    LineField, EmailLineField = models.CharField, models.EmailField
else:

    class LineField(models.CharField):
        """Text of one line, without control and direction characters."""

        default_validators = (validate_line,)

        def deconstruct(self) -> tuple[str, str, Any, Any]:
            name, _, args, kwargs = super().deconstruct()
            return name, "django.db.models.CharField", args, kwargs

    class EmailLineField(models.EmailField):
        """An e-mail address; Django's own check lets a direction character pass in the name of the host."""

        default_validators = (*models.EmailField.default_validators, validate_line)

        def deconstruct(self) -> tuple[str, str, Any, Any]:
            name, _, args, kwargs = super().deconstruct()
            return name, "django.db.models.EmailField", args, kwargs
