-- Sent straight to a DuckDB connection, each of these must be refused and change nothing.
-- One a line. {folder} holds the database {file} and a text file {secret}.
ATTACH '{folder}/new.duckdb' AS x
ATTACH '{folder}/new.duckdb' AS x (TYPE duckdb)
ATTACH '{file}' AS again
ATTACH '{folder}/other.duckdb' AS x (READ_ONLY)
ATTACH ':memory:' AS x
ATTACH '{folder}/new.sqlite' AS x (TYPE sqlite)
DETACH shop
USE memory
COPY t TO '{folder}/out.csv'
COPY t TO '{file}.wal'
COPY t TO '{file}'
COPY (SELECT 1) TO '{folder}/out.parquet' (FORMAT parquet)
COPY (PIVOT t ON b USING sum(a)) TO '{folder}/out.csv'
COPY (PIVOT t ON b USING sum(a)) TO '{file}.wal'
COPY t FROM '{secret}'
EXPORT DATABASE '{folder}/export'
IMPORT DATABASE '{folder}/export'
INSTALL httpfs
INSTALL httpfs FROM community
LOAD httpfs
LOAD '{folder}/evil.duckdb_extension'
FORCE INSTALL spatial
UPDATE EXTENSIONS
SELECT * FROM read_csv('{secret}')
SELECT * FROM read_csv_auto('{secret}')
SELECT * FROM read_text('{secret}')
SELECT * FROM read_text(['{secret}'])
SELECT * FROM read_blob('{secret}')
SELECT * FROM read_blob('{file}')
SELECT * FROM read_json('{secret}')
SELECT * FROM read_ndjson_objects('{secret}')
SELECT * FROM read_parquet('{secret}')
SELECT * FROM parquet_metadata('{secret}')
SELECT * FROM parquet_schema('{secret}')
SELECT * FROM sniff_csv('{secret}')
SELECT * FROM glob('{folder}/*')
SELECT * FROM glob('/*')
SELECT * FROM '{secret}'
SELECT * FROM "{secret}"
FROM '{folder}/*.csv'
SELECT * FROM read_duckdb('{file}')
SELECT * FROM read_duckdb('{folder}/other.duckdb')
SELECT * FROM reads_a_file('{secret}')
SELECT (SELECT content FROM read_text('{secret}'))
SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')
SELECT * FROM query_table('{secret}')
SELECT * FROM query('DELETE FROM t RETURNING *')
SELECT * FROM 'https://example.com/x.csv'
SELECT * FROM read_csv('https://example.com/x.csv')
SELECT * FROM python_variable
WITH g AS (DELETE FROM t RETURNING *) SELECT * FROM g
WITH g AS (INSERT INTO t VALUES (9, 'z') RETURNING *) SELECT * FROM g
WITH g AS (UPDATE t SET b = 'q' RETURNING *) SELECT * FROM g
WITH g AS MATERIALIZED (DELETE FROM t RETURNING a) SELECT count(*) FROM g
INSERT INTO t VALUES (3, 'z')
INSERT OR REPLACE INTO t VALUES (1, 'z')
UPDATE t SET b = 'q'
DELETE FROM t
DELETE FROM t RETURNING *
TRUNCATE t
MERGE INTO t USING t AS q ON t.a = q.a WHEN MATCHED THEN DELETE
CREATE TABLE z (a INT)
CREATE TABLE memory.main.z (a INT)
CREATE TEMP TABLE z (a INT)
CREATE TEMP TABLE z AS PIVOT t ON b USING sum(a) RETURNING *
CREATE TABLE z AS PIVOT t ON b USING sum(a)
CREATE OR REPLACE TABLE t AS SELECT 1
CREATE VIEW z AS SELECT 1
CREATE TEMP VIEW z AS SELECT 1
CREATE MACRO m() AS 1
CREATE TEMP MACRO m() AS TABLE SELECT * FROM read_text('{secret}')
CREATE SCHEMA z
CREATE TYPE z AS ENUM ('a')
CREATE SEQUENCE z
CREATE INDEX z ON t (b)
CREATE SECRET z (TYPE s3)
CREATE PERSISTENT SECRET z (TYPE http)
DROP TABLE t
DROP SECRET z
ALTER TABLE t ADD COLUMN z INT
COMMENT ON TABLE t IS 'x'
SELECT nextval('s')
CHECKPOINT
FORCE CHECKPOINT
SELECT * FROM force_checkpoint()
VACUUM
VACUUM ANALYZE
ANALYZE
BEGIN
BEGIN TRANSACTION READ WRITE
COMMIT
ROLLBACK
SET memory_limit = '100GB'
SET enable_external_access = true
SET GLOBAL disabled_filesystems = ''
SET VARIABLE x = 1
SET search_path = 'temp'
RESET lock_configuration
RESET ALL
SET log_query_path = '{folder}/log'
SET SESSION profiling_output = '{folder}/profile.json'
PRAGMA enable_profiling
PRAGMA enable_profiling = 'json'
PRAGMA database_list
PRAGMA add_parquet_key('k', '0123456789112345')
PRAGMA import_database('{folder}')
CALL enable_logging()
CALL enable_logging(storage = 'file', storage_path = '{folder}/logs')
CALL enable_profiling(save_location = '{folder}/profile.json')
CALL pragma_version()
SELECT * FROM enable_logging()
SELECT * FROM enable_logging(storage = 'file', storage_path = '{folder}/logs')
SELECT * FROM disable_logging()
SELECT * FROM enable_profiling()
PREPARE p AS DELETE FROM t
EXECUTE p
DEALLOCATE p
EXPLAIN ANALYZE DELETE FROM t
EXPLAIN ANALYZE SELECT * FROM t
EXPLAIN SELECT 1
SELECT 1; DELETE FROM t
SELECT 1; SELECT 2
SELECT 1; COPY t TO '{folder}/out.csv'
SELECT 1 /* a /* nested */ ; DELETE FROM t */; DELETE FROM t
ROLLBACK; COPY t TO '{folder}/out.csv'
COMMIT; BEGIN; DELETE FROM t; COMMIT
SELECT getenv('HOME')
.shell touch {folder}/touched
;
