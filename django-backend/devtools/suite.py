"""`manage.py test`: runs the suite by pytest in this process, so that `coverage run manage.py test` measures it."""

import os
import sys
from importlib.util import find_spec

from devtools.embedded import addresses, throw_away_services
from devtools.server_account import EmbeddedServiceError


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments and return its exit code; never on the servers of the running product."""
    if find_spec("pytest") is None:
        print("The suite needs development packages: shell_scripts/run_tests.sh installs them.", file=sys.stderr)
        return 1
    import pytest  # noqa: PLC0415 - production does not have it

    try:
        with throw_away_services() as (postgres, redis_server):
            os.environ.update(addresses(postgres, redis_server))
            return int(pytest.main(arguments))
    except EmbeddedServiceError as error:
        print(error, file=sys.stderr)
        return 1
