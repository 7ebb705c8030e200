-- Sent straight to PostgreSQL as the reader of docs/security.md, each must be refused and change nothing.
-- One a line. {folder} is a folder anybody may write to; t, s, f, p and lo are a table, sequence, function, procedure and large object.
INSERT INTO t VALUES (3, 'z')
INSERT INTO t VALUES (3, 'z') RETURNING a
UPDATE t SET b = 'changed'
UPDATE t SET b = 'changed' RETURNING *
DELETE FROM t
TRUNCATE t
MERGE INTO t USING (SELECT 1 AS a) AS n ON t.a = n.a WHEN MATCHED THEN DELETE
WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone
WITH new AS (INSERT INTO t VALUES (3, 'z') RETURNING *) SELECT * FROM new
WITH changed AS (UPDATE t SET b = 'changed' RETURNING *) SELECT count(*) FROM changed
rollback; begin read write; insert into t values (3, 'z'); commit
commit; insert into t values (3, 'z')
SELECT 1; INSERT INTO t VALUES (3, 'z')
SELECT 1; SELECT 2
SELECT 1); INSERT INTO t VALUES (3, 'z'); (SELECT 1
SELECT 1); COMMIT; (SELECT 1
SELECT 1) TO PROGRAM 'touch {folder}/out
COPY (SELECT 1) TO PROGRAM 'touch {folder}/out'
COPY (SELECT 1) TO '{folder}/out'
COPY t FROM PROGRAM 'echo 3,z'
COPY t FROM '/etc/hostname'
COPY t TO STDOUT
SELECT pg_read_file('/etc/hostname')
SELECT U&"pg\005fread_file"('/etc/hostname')
SELECT pg_catalog.pg_read_binary_file('/etc/hostname')
SELECT pg_ls_dir('/')
SELECT * FROM pg_stat_file('/etc/hostname')
SELECT lo_import('/etc/hostname')
SELECT lo_export(lo.id, '{folder}/out') FROM lo
SELECT lo_unlink(lo.id) FROM lo
SELECT nextval('s')
SELECT setval('s', 99)
SELECT currval('s')
SELECT f()
SELECT query_to_xml('insert into t values (3, ''z'')', true, true, '')
SELECT query_to_xml('select f()', true, true, '')
SELECT dblink_exec('host=127.0.0.1 dbname={name} user={reader} password=secret-word', 'begin read write; insert into t values (3, ''z''); commit')
SELECT * INTO copied FROM t
SELECT * INTO TEMP copied FROM t
CREATE TABLE copied AS SELECT * FROM t
CREATE TEMP TABLE copied (a int)
CREATE TEMP TABLE copied AS SELECT * FROM t
CREATE VIEW v AS SELECT 1
CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE EXTENSION file_fdw
CREATE SCHEMA mine
CREATE ROLE mine SUPERUSER
DROP TABLE t
ALTER TABLE t ADD COLUMN c int
ALTER ROLE CURRENT_USER PASSWORD 'changed'
ALTER ROLE CURRENT_USER SET search_path = mine
ALTER SYSTEM SET work_mem = '1GB'
GRANT ALL ON t TO PUBLIC
COMMENT ON TABLE t IS 'changed'
SECURITY LABEL ON TABLE t IS 'changed'
SELECT * FROM t FOR UPDATE
SELECT * FROM t FOR SHARE
LOCK TABLE t IN ACCESS EXCLUSIVE MODE
DO $$ BEGIN INSERT INTO t VALUES (3, 'z'); END $$
CALL p()
PREPARE later AS INSERT INTO t VALUES (3, 'z')
PREPARE later AS SELECT 1
EXECUTE later
DEALLOCATE ALL
DECLARE c CURSOR WITH HOLD FOR SELECT 1
FETCH ALL FROM c
NOTIFY somebody, 'something'
LISTEN somebody
UNLISTEN *
SET statement_timeout = 0
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
SET TRANSACTION READ WRITE
SET ROLE postgres
SET SESSION AUTHORIZATION postgres
RESET ALL
DISCARD ALL
SHOW ALL
BEGIN READ WRITE
START TRANSACTION READ WRITE
COMMIT
COMMIT AND CHAIN
END
ROLLBACK
ROLLBACK AND CHAIN
SAVEPOINT a
PREPARE TRANSACTION 'later'
VACUUM t
ANALYZE t
REINDEX TABLE t
CLUSTER
CHECKPOINT
REFRESH MATERIALIZED VIEW m
LOAD 'auto_explain'
EXPLAIN ANALYZE DELETE FROM t
EXPLAIN ANALYZE SELECT 1
EXPLAIN SELECT 1
IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public
SELECT set_config('session_replication_role', 'replica', false)
SELECT set_config('transaction_read_only', 'off', true) FROM t
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user AND pid IS NOT NULL AND datname = current_database()
SELECT pg_reload_conf()
SELECT pg_rotate_logfile()
SELECT pg_switch_wal()
SELECT pg_create_restore_point('mine')
SELECT pg_promote()
SELECT pg_stat_reset()
SELECT pg_create_physical_replication_slot('mine')
SELECT pg_replication_origin_create('mine')
SELECT * FROM pg_hba_file_rules
SELECT rolpassword FROM pg_authid
SELECT pg_sleep(60)
SELECT count(*) FROM generate_series(1, 1000000000000)
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
