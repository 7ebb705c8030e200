"""What a PostgreSQL cluster holds, told by its transactions and by its catalogue's row versions."""

from __future__ import annotations

from forerun.adapters.databases.postgres_session import Session
from forerun.ports import Version

# A snapshot names the transactions that can be seen: xmin, xmax and those under way in between.
# Whatever commits leaves the list or moves xmax, in the very moment in which it can be seen. It
# counts for all databases of the cluster. The statistics views do not do: they are up to 10 s late.
# - A standby's snapshot leaves the list out, so a commit between xmin and xmax would not show:
#   there the place in the log that has been replayed is told as well. Who is in recovery and
#   cannot tell it (Aurora's readers) tells nothing.
# - Transaction numbers are given a second time after a failover or a crash that lost commits:
#   the start of the server and its last checkpoint tell those apart.
# - What is stored elsewhere changes without a transaction here.
# - Others who speak PostgreSQL's protocol (YugabyteDB, Redshift …) keep transactions otherwise.
_DATA = rb"""
SELECT pg_catalog.version() ~ '^PostgreSQL [0-9]+(\.[0-9]+|beta[0-9]+|rc[0-9]+)? ',
  CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_foreign_table) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_extension WHERE extname IN ('citus', 'dblink')
  ) THEN
    extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text || '/'
    || (SELECT checkpoint_lsn FROM pg_catalog.pg_control_checkpoint())::text || '/'
    || CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN pg_catalog.pg_last_wal_replay_lsn()::text ELSE 'primary' END || '/'
    || pg_catalog.pg_current_snapshot()::text
  END
"""

# Every row of the catalogue that `postgres_structure.py` reads, or that decides what it may read,
# by its number and the transaction that wrote it. VACUUM and ANALYZE write in place, which leaves
# that as it was. Temporary tables, and what is not read (indexes, TOAST), are left out.
_SCHEMA = b"""
WITH tables AS MATERIALIZED (
  SELECT c.oid, c.xmin
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), written AS (
  SELECT 'table' AS sort, oid, 0 AS number, xmin FROM tables
  UNION ALL
  SELECT 'column', a.attrelid, a.attnum, a.xmin
  FROM pg_catalog.pg_attribute a JOIN tables t ON t.oid = a.attrelid WHERE a.attnum > 0
  UNION ALL
  SELECT 'comment', d.objoid, d.objsubid, d.xmin
  FROM pg_catalog.pg_description d
  WHERE d.objoid >= 16384 OR d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
  UNION ALL
  SELECT 'index', i.indexrelid, 0, i.xmin
  FROM pg_catalog.pg_index i JOIN tables t ON t.oid = i.indrelid
  UNION ALL
  SELECT 'constraint', k.oid, 0, k.xmin
  FROM pg_catalog.pg_constraint k JOIN tables t ON t.oid = k.conrelid
  UNION ALL
  SELECT 'view', r.oid, 0, r.xmin
  FROM pg_catalog.pg_rewrite r JOIN tables t ON t.oid = r.ev_class
  UNION ALL
  SELECT 'policy', oid, 0, xmin FROM pg_catalog.pg_policy
  UNION ALL
  SELECT 'type', oid, 0, xmin FROM pg_catalog.pg_type WHERE typtype IN ('d', 'e')
  UNION ALL
  SELECT 'label', oid, 0, xmin FROM pg_catalog.pg_enum
  UNION ALL
  SELECT 'schema', oid, 0, xmin FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_t'
  UNION ALL
  SELECT 'member', roleid, member::int, xmin FROM pg_catalog.pg_auth_members
  UNION ALL
  SELECT 'setting', setdatabase, setrole::int, xmin FROM pg_catalog.pg_db_role_setting
), told AS (
  SELECT pg_catalog.concat_ws(' ', sort, oid, number, xmin) AS text FROM written
  UNION ALL
  SELECT pg_catalog.concat_ws(' ', r.rolname, r.rolsuper, r.rolinherit, r.rolbypassrls)
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
)
SELECT pg_catalog.concat_ws('/', count(*), sum(pg_catalog.hashtextextended(text, 0))) FROM told
"""


def read_version(session: Session, known: Version) -> Version:
    """What the database holds now. Of the schema nothing is asked where `known` has its data.

    `data` is None where it cannot be told, and all of it on servers that are no PostgreSQL.
    """
    [(genuine, data)] = session.execute(_DATA)
    if not genuine:
        return Version()
    if data is not None and data == known.data:
        return known
    [(schema,)] = session.execute(_SCHEMA)  # read later: it is as new as the data, or newer
    return Version(data, schema)
