"""Base classes of the tables, and the store of idempotent answers."""

from django.db import models

from apps.common.ids import uuid7


class BaseModel(models.Model):
    """A row with an application-made UUIDv7 and two bookkeeping times; rules never depend on the two times."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class IdempotencyRecord(models.Model):
    """The answer that was given to a request with an Idempotency-Key, kept for `idempotency.RETENTION`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=80, help_text="Who sent the key: keys of two users never meet.")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text="SHA-256 of method, path and canonical body.")
    response_status = models.PositiveSmallIntegerField()
    response_body = models.JSONField()
    stored_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotencyrecord_key_once_per_scope")]

    def __str__(self) -> str:
        return self.key
