#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

if __name__ == "__main__":
    # Tests never take the servers of the running product, as every other command does by the local settings.
    module = "config.settings.test" if sys.argv[1:2] == ["test"] else "config.settings.local"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)
    from config.command_line import main

    raise SystemExit(main(sys.argv))
