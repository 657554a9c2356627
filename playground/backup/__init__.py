"""A server's data in one file, and back again: `manage.py backup`, `manage.py restore`.

The file is a compressed tar archive: the database, the files that people attached, a manifest that says what is in it,
and the keys if they were asked for. Without the data keys nobody can read the API keys in it; with them, whoever has
the file can.

    archive.py      the file: written whole or not at all, believed only as far as its manifest goes
    databases.py    what is needed of a database; sqlite.py and postgres.py do it
    contents.py     what a database holds, counted
    making.py       server → file
    restoring.py    file → server
"""

from playground.backup.archive import BackupError
from playground.backup.making import back_up
from playground.backup.restoring import restore

__all__ = ["BackupError", "back_up", "restore"]
