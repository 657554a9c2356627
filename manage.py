#!/usr/bin/env python3
import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - it is an older Python that should say this
        sys.exit(f"This needs Python 3.11 or newer, and is Python {sys.version_info[0]}.{sys.version_info[1]}.")

    from playground import bootstrap

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    bootstrap.enter("requirements-dev.txt" if command == "test" else "requirements.txt")

    from playground.env import EnvError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    try:
        if command == "up":
            # Watches the others as long as they live, so it stays small: it never loads Django.
            from playground import up

            sys.exit(up.main(sys.argv[2:]))
        elif command == "test":
            # Runs the checks as programs of their own; a broken settings file is one of the things they find.
            from playground import suites

            sys.exit(suites.main(sys.argv[2:]))
        else:
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except EnvError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
