"""Where the local product keeps buyers as contacts."""

import shlex

from devtools.stand_ins import local_hubspot

_TOKEN = "HUBSPOT_ACCESS_TOKEN"


def test_the_local_hubspot_has_the_token_of_the_product() -> None:
    environment: dict[str, str] = {_TOKEN: ""}
    command = local_hubspot(app_port=8000, environment=environment)
    assert command is not None
    words = shlex.split(command)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    url = f"http://127.0.0.1:{options['--port']}"
    assert environment == {_TOKEN: options["--token"], "HUBSPOT_API_BASE": url, "LOCAL_HUBSPOT_URL": f"{url}/"}


def test_a_token_of_the_developer_wins() -> None:
    environment = {_TOKEN: "pat-mine"}
    assert local_hubspot(app_port=8000, environment=environment) is None
    assert environment == {_TOKEN: "pat-mine"}
