"""What a PostgreSQL role may do beyond reading."""

from __future__ import annotations

from forerun.adapters.databases.postgres_session import Session
from forerun.adapters.databases.powers import Powers, sentence

# 'MEMBER' also counts roles that are only reached by SET ROLE.
_POWERS = b"""
SELECT r.rolname::text, r.rolsuper, r.rolcreaterole, r.rolreplication,
  ARRAY(
    SELECT p.rolname::text FROM pg_catalog.pg_roles p
    WHERE p.rolname IN ('pg_read_server_files', 'pg_write_server_files',
                        'pg_execute_server_program', 'pg_write_all_data', 'pg_signal_backend')
      AND pg_catalog.pg_has_role(p.oid, 'MEMBER')
    ORDER BY 1
  ),
  (
    SELECT count(*)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'f')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
           OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE'))
  ),
  ARRAY(
    SELECT n.nspname::text FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
    ORDER BY 1
  ),
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
FROM pg_catalog.pg_roles r
WHERE r.rolname = current_user
"""


def read_powers(session: Session) -> Powers:
    [row] = session.execute(_POWERS)
    login, superuser, makes_roles, replicates, memberships, writable, creating, makes_schemas = row
    if superuser:
        may = (
            "do everything (it is a superuser): even in a read-only transaction it could run "
            "programs on the database server"
        )
        return Powers(superuser=True, sentences=(sentence(login, may),))
    found = {
        "make and change roles": makes_roles,
        "copy the whole server (REPLICATION)": replicates,
        f"act as {', '.join(memberships)}": memberships,
        f"write to {writable} table{'s' if writable != 1 else ''}": writable,
        f"create objects in the schema {', '.join(creating)}": creating,
        "create schemas": makes_schemas,
    }
    return Powers(sentences=tuple(sentence(login, may) for may, true in found.items() if true))
