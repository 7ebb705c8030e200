"""What a MySQL or MariaDB user may do beyond reading."""

from __future__ import annotations

import re

from forerun.adapters.databases.mysql_session import Session, all_rows
from forerun.adapters.databases.powers import Powers, sentence

HARMLESS = frozenset(
    {
        "USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "SHOW_ROUTINE", "PROCESS", "PROXY",
        "REPLICATION CLIENT", "BINLOG MONITOR", "SLAVE MONITOR", "REPLICA MONITOR",
        "SHOW CREATE ROUTINE",
    }
)  # fmt: skip
EVERYTHING = frozenset({"SUPER", "ALL PRIVILEGES"})
_GRANT = re.compile(r"GRANT (.+?) ON (\S+)")
_COLUMNS = re.compile(r"\s*\([^)]*\)")


def read_powers(session: Session) -> Powers:
    [(login,)] = all_rows(session, "SELECT CURRENT_USER()")
    everywhere, somewhere = granted([line for (line,) in _grants(session)])
    if everywhere & EVERYTHING:
        may = "do everything (it is an administrator): write, change users, read and write files"
        return Powers(superuser=True, sentences=(sentence(login, may),))
    found = []
    if "FILE" in everywhere:
        found.append("read and write files of the database server, even while only reading")
    beyond = (everywhere | somewhere) - HARMLESS - {"FILE"}
    if beyond:
        found.append(f"do more than read: {', '.join(sorted(beyond))}")
    return Powers(sentences=tuple(sentence(login, may) for may in found))


def _grants(session: Session) -> list[tuple[str]]:
    """The user's grants, with those of its active roles: MySQL wants the roles named."""
    shown = "SHOW GRANTS"
    if not session.is_mariadb:
        [(roles,)] = all_rows(session, "SELECT CURRENT_ROLE()")
        if roles and roles != "NONE":
            shown = f"SHOW GRANTS FOR CURRENT_USER() USING {roles}"
    return [(str(line),) for (line,) in all_rows(session, shown)]


def granted(grants: list[str]) -> tuple[set[str], set[str]]:
    """Privileges that `SHOW GRANTS` tells of: those everywhere, and those on something.

    >>> granted(["GRANT FILE ON *.* TO `a`@`%`", "GRANT INSERT (`x`) ON `d`.`t` TO `a`@`%`"])
    ({'FILE'}, {'INSERT'})
    """
    everywhere: set[str] = set()
    somewhere: set[str] = set()
    for line in grants:
        grant = _GRANT.match(_COLUMNS.sub("", line))
        if grant is None:  # GRANT `role` TO …
            continue
        names = {name.strip().upper() for name in grant[1].split(",")}
        (everywhere if grant[2] == "*.*" else somewhere).update(names)
        if line.endswith("WITH GRANT OPTION"):
            somewhere.add("GRANT OPTION")
    return everywhere, somewhere
