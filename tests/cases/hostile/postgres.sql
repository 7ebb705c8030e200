-- case: delete
DELETE FROM orders
-- case: update
UPDATE orders SET status = 'paid'
-- case: insert
INSERT INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: merge
MERGE INTO orders o USING customers c ON o.customer_id = c.customer_id WHEN MATCHED THEN DELETE
-- case: truncate
TRUNCATE orders
-- case: writing CTE, delete
WITH g AS (DELETE FROM orders RETURNING *) SELECT * FROM g
-- case: writing CTE, insert
WITH g AS (INSERT INTO update_log VALUES (9, 'x', NULL, 'x') RETURNING id) SELECT * FROM g
-- case: writing CTE, update
WITH g AS (UPDATE orders SET status = 'x' RETURNING *) SELECT count(*) FROM g
-- case: writing CTE that nobody reads
WITH g AS (DELETE FROM orders) SELECT 1
-- case: writing CTE behind a reading one
WITH a AS (SELECT 1), g AS (DELETE FROM orders RETURNING *) SELECT * FROM a
-- case: writing CTE in the second half of a union
SELECT 1 UNION ALL (WITH g AS (DELETE FROM orders RETURNING 1) SELECT * FROM g)
-- case: select into
SELECT * INTO stolen FROM customers
-- case: select into temporary
SELECT * INTO TEMP stolen FROM customers
-- case: for update
SELECT * FROM orders FOR UPDATE
-- case: for no key update
SELECT * FROM orders FOR NO KEY UPDATE
-- case: for share
SELECT * FROM orders FOR SHARE
-- case: for key share skip locked
SELECT * FROM orders FOR KEY SHARE SKIP LOCKED
-- case: for update in a subquery
SELECT * FROM (SELECT * FROM orders FOR UPDATE) AS x
-- case: explain analyze delete
EXPLAIN ANALYZE DELETE FROM orders
-- case: explain with options
EXPLAIN (ANALYZE, BUFFERS) DELETE FROM orders
-- case: explain
EXPLAIN SELECT 1
-- case: copy to program
COPY orders TO PROGRAM 'cat > /tmp/forerun_stolen'
-- case: copy query to program
COPY (SELECT * FROM customers) TO PROGRAM 'id'
-- case: copy from program
COPY update_log FROM PROGRAM 'id'
-- case: copy to file
COPY customers TO '/tmp/forerun_stolen'
-- case: copy to stdout
COPY customers TO STDOUT
-- case: create table as
CREATE TABLE stolen AS SELECT * FROM customers
-- case: create function
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
-- case: create extension
CREATE EXTENSION dblink
-- case: create role
CREATE ROLE evil SUPERUSER
-- case: create temporary view
CREATE TEMP VIEW v AS SELECT 1
-- case: drop
DROP TABLE orders CASCADE
-- case: alter table
ALTER TABLE orders DISABLE ROW LEVEL SECURITY
-- case: alter system
ALTER SYSTEM SET log_statement = 'none'
-- case: alter role
ALTER ROLE postgres PASSWORD 'x'
-- case: grant
GRANT ALL ON orders TO PUBLIC
-- case: revoke
REVOKE ALL ON orders FROM PUBLIC
-- case: do
DO $$ BEGIN DELETE FROM orders; END $$
-- case: call
CALL p()
-- case: set
SET transaction_read_only = off
-- case: set role
SET ROLE postgres
-- case: set session authorization
SET SESSION AUTHORIZATION postgres
-- case: set statement timeout
SET statement_timeout = 0
-- case: reset
RESET ALL
-- case: show
SHOW data_directory
-- case: begin
BEGIN READ WRITE
-- case: commit
COMMIT
-- case: rollback
ROLLBACK
-- case: stacked, leave the read-only transaction
ROLLBACK; BEGIN READ WRITE; DELETE FROM orders; COMMIT
-- case: stacked
SELECT 1; DELETE FROM orders
-- case: stacked behind dollar quotes
SELECT $$;$$ ; DELETE FROM orders
-- case: stacked behind tagged dollar quotes
SELECT $a$ $$ $a$; DELETE FROM orders
-- case: stacked behind an escape string
SELECT E'\''; DELETE FROM orders; --'
-- case: stacked behind a nested comment
SELECT 1 /* /* */ */; DELETE FROM orders
-- case: lock
LOCK TABLE orders
-- case: listen
LISTEN x
-- case: notify
NOTIFY x, 'y'
-- case: vacuum
VACUUM FULL orders
-- case: analyze
ANALYZE orders
-- case: cluster
CLUSTER orders
-- case: reindex
REINDEX TABLE orders
-- case: refresh
REFRESH MATERIALIZED VIEW v
-- case: checkpoint
CHECKPOINT
-- case: load
LOAD 'evil'
-- case: discard
DISCARD ALL
-- case: prepare
PREPARE p AS DELETE FROM orders
-- case: execute
EXECUTE p
-- case: declare cursor
DECLARE c CURSOR FOR SELECT 1
-- case: fetch
FETCH ALL FROM c
-- case: security label
SECURITY LABEL ON TABLE orders IS 'x'
-- case: comment
COMMENT ON TABLE orders IS 'x'
-- case: import foreign schema
IMPORT FOREIGN SCHEMA s FROM SERVER x INTO public
-- case: pg_read_file
SELECT pg_read_file('/etc/passwd')
-- case: pg_read_file, quoted
SELECT "pg_read_file"('/etc/passwd')
-- case: pg_read_file by schema
SELECT pg_catalog.pg_read_file('/etc/passwd')
-- case: pg_read_file by quoted schema
SELECT "pg_catalog"."pg_read_file"('/etc/passwd')
-- case: pg_read_file, capitals
SELECT PG_READ_FILE('/etc/passwd')
-- case: pg_read_file, unicode escapes
SELECT U&"pg\005fread_file"('/etc/passwd')
-- case: pg_read_file, unicode escapes with their own sign
SELECT U&"pg!005fread_file" UESCAPE '!' ('/etc/passwd')
-- case: pg_read_file, comment before the bracket
SELECT pg_read_file/**/('/etc/passwd')
-- case: pg_read_file in FROM
SELECT * FROM pg_read_file('/etc/passwd')
-- case: pg_read_file in ROWS FROM
SELECT * FROM ROWS FROM (pg_read_file('/etc/passwd'), generate_series(1, 2)) AS x
-- case: pg_read_file in LATERAL
SELECT * FROM orders, LATERAL pg_read_file('/etc/passwd') AS f
-- case: pg_read_file in ORDER BY
SELECT 1 FROM orders ORDER BY pg_read_file('/etc/passwd')
-- case: pg_read_file in a default of COALESCE
SELECT coalesce(NULL, pg_read_file('/etc/passwd'))
-- case: pg_read_file in an array
SELECT ARRAY[pg_read_file('/etc/passwd')]
-- case: pg_read_file in a row
SELECT ROW(pg_read_file('/etc/passwd'))
-- case: pg_read_file in VALUES
VALUES (pg_read_file('/etc/passwd'))
-- case: pg_read_file in a window frame
SELECT sum(order_id) OVER (PARTITION BY pg_read_file('/etc/passwd')) FROM orders
-- case: pg_read_file in WITHIN GROUP
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY length(pg_read_file('/etc/passwd'))) FROM orders
-- case: pg_read_file in DISTINCT ON
SELECT DISTINCT ON (pg_read_file('/etc/passwd')) order_id FROM orders
-- case: pg_read_file in GROUPING SETS
SELECT 1 FROM orders GROUP BY GROUPING SETS ((pg_read_file('/etc/passwd')))
-- case: pg_read_file in TABLESAMPLE
SELECT * FROM orders TABLESAMPLE BERNOULLI (length(pg_read_file('/etc/passwd')))
-- case: pg_read_file in FETCH
SELECT * FROM orders FETCH FIRST (length(pg_read_file('/etc/passwd'))) ROWS ONLY
-- case: pg_read_binary_file
SELECT pg_read_binary_file('/etc/passwd')
-- case: pg_ls_dir
SELECT pg_ls_dir('/')
-- case: pg_ls_waldir
SELECT * FROM pg_ls_waldir()
-- case: pg_stat_file
SELECT * FROM pg_stat_file('/etc/passwd')
-- case: pg_file_write
SELECT pg_file_write('/tmp/forerun_written', 'x', false)
-- case: pg_sleep
SELECT pg_sleep(100)
-- case: pg_sleep_for
SELECT pg_sleep_for('5 minutes')
-- case: pg_sleep in WHERE
SELECT * FROM orders WHERE pg_sleep(10) IS NOT NULL
-- case: pg_terminate_backend
SELECT pg_terminate_backend(1)
-- case: pg_cancel_backend
SELECT pg_cancel_backend(1)
-- case: pg_reload_conf
SELECT pg_reload_conf()
-- case: pg_rotate_logfile
SELECT pg_rotate_logfile()
-- case: pg_switch_wal
SELECT pg_switch_wal()
-- case: pg_create_restore_point
SELECT pg_create_restore_point('x')
-- case: pg_logical_emit_message
SELECT pg_logical_emit_message(false, 'x', 'y')
-- case: advisory lock
SELECT pg_advisory_lock(1)
-- case: transaction advisory lock
SELECT pg_try_advisory_xact_lock(1)
-- case: pg_notify
SELECT pg_notify('x', 'y')
-- case: pg_export_snapshot
SELECT pg_export_snapshot()
-- case: lo_import
SELECT lo_import('/etc/passwd')
-- case: lo_export
SELECT lo_export(1, '/tmp/forerun_stolen')
-- case: lo_from_bytea
SELECT lo_from_bytea(0, 'x')
-- case: lo_get
SELECT lo_get(1)
-- case: lo_unlink
SELECT lo_unlink(1)
-- case: dblink
SELECT * FROM dblink('host=example.org', 'SELECT 1') AS t(a int)
-- case: dblink_exec
SELECT dblink_exec('dbname=postgres', 'DELETE FROM orders')
-- case: dblink_connect
SELECT dblink_connect('x', 'host=example.org')
-- case: nextval
SELECT nextval('s')
-- case: setval
SELECT setval('s', 1)
-- case: currval
SELECT currval('s')
-- case: set_config
SELECT set_config('statement_timeout', '0', false)
-- case: set_config to leave read-only
SELECT set_config('transaction_read_only', 'off', true)
-- case: current_setting
SELECT current_setting('data_directory')
-- case: version
SELECT version()
-- case: current_user
SELECT current_user
-- case: session_user
SELECT session_user
-- case: user
SELECT user
-- case: current_database
SELECT current_database()
-- case: inet_server_addr
SELECT inet_server_addr()
-- case: pg_backend_pid
SELECT pg_backend_pid()
-- case: txid_current takes a transaction number
SELECT txid_current()
-- case: query_to_xml
SELECT query_to_xml('SELECT * FROM pg_authid', true, true, '')
-- case: table_to_xml
SELECT table_to_xml('customers', true, true, '')
-- case: database_to_xml
SELECT database_to_xml(true, true, '')
-- case: cursor_to_xml
SELECT cursor_to_xml('c', 1, true, true, '')
-- case: xmlparse
SELECT xmlparse(DOCUMENT '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
-- case: cast to xml
SELECT '<a/>'::xml
-- case: xmlelement
SELECT xmlelement(name a, pg_read_file('/etc/passwd'))
-- case: xmltable
SELECT * FROM xmltable('/a' PASSING '<a/>' COLUMNS b text)
-- case: ts_stat runs a query
SELECT * FROM ts_stat('SELECT to_tsvector(rolpassword) FROM pg_authid')
-- case: ts_rewrite runs a query
SELECT ts_rewrite('a'::tsquery, 'SELECT 1')
-- case: json_populate_record
SELECT * FROM json_populate_record(NULL::customers, '{}')
-- case: jsonb_populate_recordset
SELECT * FROM jsonb_populate_recordset(NULL::pg_authid, '[]')
-- case: cast to regclass
SELECT 'pg_authid'::regclass
-- case: cast to regproc
SELECT CAST('pg_sleep' AS regproc)
-- case: cast to oid
SELECT 'x'::oid
-- case: cast to an unknown type
SELECT 'x'::evil_type
-- case: cast to a type of a schema
SELECT 'x'::pg_catalog.regclass
-- case: operator by schema
SELECT 1 OPERATOR(pg_catalog.+) 2
-- case: operator by another schema
SELECT 1 OPERATOR(evil.+) 2
-- case: function of a user's schema
SELECT evil.lower('x')
-- case: unknown function
SELECT do_something(1)
-- case: has_table_privilege
SELECT has_table_privilege('pg_authid', 'select')
-- case: pg_get_functiondef
SELECT pg_get_functiondef(1)
-- case: col_description
SELECT col_description(1, 1)
-- case: pg_relation_size
SELECT pg_relation_size('customers')
-- case: pg_stat_reset
SELECT pg_stat_reset()
-- case: pg_catalog
SELECT * FROM pg_catalog.pg_class
-- case: pg_shadow without a schema
SELECT * FROM pg_shadow
-- case: pg_authid, quoted
SELECT * FROM "pg_authid"
-- case: pg_authid beside a CTE of that name in another scope
SELECT * FROM (WITH pg_authid AS (SELECT 1) SELECT * FROM pg_authid) AS x, pg_authid
-- case: pg_authid inside the CTE of that name
WITH pg_authid AS (SELECT * FROM pg_authid) SELECT * FROM pg_authid
-- case: pg_authid and a CTE that differs in case
WITH "PG_AUTHID" AS (SELECT 1) SELECT * FROM pg_authid
-- case: pg_authid in the first half of a recursion of its name
WITH RECURSIVE pg_authid AS (SELECT rolname FROM pg_authid UNION ALL SELECT rolname FROM pg_authid WHERE rolname < 'a') SELECT * FROM pg_authid
-- case: pg_stat_activity
SELECT query FROM pg_stat_activity
-- case: pg_settings
SELECT * FROM pg_settings
-- case: information_schema
SELECT * FROM information_schema.columns
-- case: toast
SELECT * FROM pg_toast.pg_toast_1
-- case: a table of another schema
SELECT * FROM hr.customers
-- case: TABLE command on a system table
TABLE pg_authid
-- case: unknown table
SELECT * FROM secrets
-- case: unknown table in ANY
SELECT * FROM orders WHERE order_id = ANY (SELECT id FROM secrets)
-- case: U& string
SELECT U&'\0064\0072\006f\0070'
-- case: numbered parameter
SELECT * FROM orders WHERE order_id = $1
-- case: pyformat parameter
SELECT * FROM orders WHERE order_id = %s
-- case: named parameter
SELECT * FROM orders WHERE order_id = :id
-- case: psql variable
SELECT :'name'
-- case: psql command
\! id
-- case: endless recursion
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
-- case: endless recursion behind a LIMIT outside
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r LIMIT 1
-- case: endless recursion with a condition that never fails
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n >= 1) SELECT count(*) FROM r
-- case: recursion with a far bound
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n <= 999999999) SELECT count(*) FROM r
-- case: huge series
SELECT count(*) FROM generate_series(1, 10000000000)
-- case: huge series in SELECT
SELECT generate_series(1, 100000 * 100000)
-- case: huge text
SELECT repeat('x', 1000000000)
-- case: huge padding
SELECT lpad('x', 1000000000)
-- case: huge array
SELECT array_fill(0, ARRAY[1000000000])
-- case: no-break space (U+00A0) is a letter here
SELECT 1 ; DELETE FROM orders
-- case: full-width keyword
ＤＥＬＥＴＥ FROM orders
-- case: null character
SELECT 1\x00; DELETE FROM orders
-- case: byte order mark before a delete
﻿DELETE FROM orders
-- case: whole of a table function by star
SELECT (pg_read_file('/etc/passwd')).*
-- case: deep nesting
SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
-- case: only a comment
-- DELETE FROM orders
-- case: a function called as a field of a table
SELECT (t).evil FROM orders t
-- case: a function called as a field of a row passed on
SELECT (x).evil FROM (SELECT o AS x FROM orders o) s
-- case: a function called as a column of a row passed on
SELECT s.x.evil FROM (SELECT o AS x FROM orders o) s
-- case: a function called as a field of a gathered row
SELECT (array_agg(o))[1].evil FROM orders o
-- case: a function called as a field of a query
SELECT (SELECT o FROM orders o LIMIT 1).evil
-- case: a function called as a column of an unnested row
SELECT x.evil FROM orders t, unnest(ARRAY[t]) AS x
-- case: a function called as a column of an unnested star
SELECT x.evil FROM orders t, unnest(ARRAY[t.*]) AS x
-- case: a function called as a field, its name made an alias
SELECT 1 AS evil, 2 AS t, (t).evil FROM orders t
-- case: interval with a precision, read as a number
SELECT interval(3) '1.2 s'
-- case: an enormous list
SELECT array_length(array_fill('x'::text, ARRAY[(SELECT 1000000)]), 1)
-- case: an enormous text by its width
SELECT length(format('%20000000s', 'x'))
-- case: a text multiplied by replacing
SELECT length(replace(repeat('a', 9999), 'a', repeat('b', 9999)))
-- case: enormous texts from data
SELECT length(repeat('x', 500000 * order_id)) FROM orders
-- case: an enormous series by a number in a query
SELECT count(*) FROM generate_series(1, (SELECT 1000000000))
