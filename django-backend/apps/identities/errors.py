"""What can be wrong with the token of the generator."""

from apps.common.errors import DomainError


class TokenMissing(
    DomainError,
    code="token_missing",
    status=400,
    says="Send the header Authorization: <scheme> <token>.",
    attr="Authorization",
):
    """There is no `Authorization` header, or it is not of the form `<scheme> <token>`."""


class TokenWrong(
    DomainError,
    code="token_wrong",
    status=403,
    says="The token is wrong, or the generator is closed.",
    attr="Authorization",
):
    """The token is not GENERATE_EMAILS_TOKEN, or none is configured: then the generator is closed."""
