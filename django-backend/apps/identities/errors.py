"""What can be wrong with the token of the generator."""

from apps.common.errors import DomainError


class TokenMissing(DomainError):
    """There is no `Authorization` header, or it is not of the form `<scheme> <token>`."""

    code = "token_missing"
    status = 400

    def __init__(self) -> None:
        super().__init__("Send the header Authorization: <scheme> <token>.", attr="Authorization")


class TokenWrong(DomainError):
    """The token is not GENERATE_EMAILS_TOKEN, or none is configured: then the generator is closed."""

    code = "token_wrong"
    status = 403

    def __init__(self) -> None:
        super().__init__("The token is wrong, or the generator is closed.", attr="Authorization")
