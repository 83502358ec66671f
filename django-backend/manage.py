#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["test"]:  # before any settings are read: the suite has its own, and servers of its own
        from config.suite import main

        raise SystemExit(main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from config.command_line import main

    raise SystemExit(main(sys.argv))
