#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["test"]:  # the suite has settings and servers of its own
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        from devtools.suite import main

        raise SystemExit(main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from config.command_line import main

    raise SystemExit(main(sys.argv))
