"""Health check of the images: asks the web server of this container for /livez; exit code 1 when it does not answer.

A script without imports of ours, because it runs every few seconds. It names an allowed host, since production
refuses requests for `127.0.0.1`.
"""

import os
import sys
import urllib.request

TIMEOUT_SECONDS = 4


def main() -> int:
    """Return 0 when /livez answers with 200, else print the reason and return 1."""
    host = os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(",")[0].strip().removeprefix(".") or "localhost"
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/livez"
    request = urllib.request.Request(address, headers={"Host": host})
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()  # noqa: S310 - our own http address
    except OSError as error:  # URLError and HTTPError too
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
