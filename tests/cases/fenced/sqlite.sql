-- Sent straight to an SQLite connection, each of these must be refused and change nothing.
-- One a line. {folder} holds the database {file} and a text file {secret}.
ATTACH '{folder}/new.sqlite' AS x
ATTACH '{file}' AS x
ATTACH ':memory:' AS x
ATTACH '' AS x
ATTACH 'file:{folder}/new.sqlite?mode=rwc' AS x
ATTACH DATABASE '{folder}/' || 'new.sqlite' AS x
DETACH main
VACUUM
VACUUM INTO '{folder}/copy.sqlite'
VACUUM main INTO '{folder}/copy.sqlite'
PRAGMA query_only = OFF
PRAGMA journal_mode = WAL
PRAGMA journal_mode = DELETE
PRAGMA writable_schema = ON
PRAGMA trusted_schema = ON
PRAGMA temp_store_directory = '{folder}'
PRAGMA data_store_directory = '{folder}'
PRAGMA soft_heap_limit = 1
PRAGMA hard_heap_limit = 1
PRAGMA wal_checkpoint(TRUNCATE)
PRAGMA optimize
PRAGMA incremental_vacuum
PRAGMA user_version = 7
PRAGMA application_id = 7
PRAGMA schema_version
PRAGMA data_version
PRAGMA database_list
PRAGMA table_info(t)
PRAGMA locking_mode = EXCLUSIVE
PRAGMA mmap_size = 0
PRAGMA case_sensitive_like = ON
SELECT * FROM pragma_database_list
SELECT * FROM pragma_journal_mode
SELECT * FROM pragma_optimize
SELECT * FROM pragma_table_info('t')
BEGIN
BEGIN EXCLUSIVE
COMMIT
ROLLBACK
SAVEPOINT s
RELEASE s
INSERT INTO t VALUES (3, 'z')
INSERT INTO t SELECT * FROM t
INSERT INTO t VALUES (3, 'z') RETURNING a
REPLACE INTO t VALUES (1, 'z')
INSERT INTO words(words) VALUES ('optimize')
INSERT INTO words(words) VALUES ('rebuild')
UPDATE t SET b = 'q'
UPDATE t SET b = 'q' RETURNING b
UPDATE sqlite_master SET sql = ''
DELETE FROM t
DELETE FROM t RETURNING *
DELETE FROM sqlite_master
WITH g AS (SELECT 1 AS a) DELETE FROM t WHERE a IN (SELECT a FROM g)
WITH g AS (SELECT 1) INSERT INTO t SELECT 9, 'z'
CREATE TABLE z (a)
CREATE TABLE z AS SELECT * FROM t
CREATE TEMP TABLE z (a)
CREATE TEMP TRIGGER z AFTER INSERT ON t BEGIN DELETE FROM t; END
CREATE VIEW z AS SELECT 1
CREATE TEMP VIEW z AS SELECT 1
CREATE INDEX z ON t (b)
CREATE VIRTUAL TABLE z USING fts5(a)
CREATE VIRTUAL TABLE temp.z USING fts5vocab('main', 'words', 'row')
DROP TABLE t
DROP VIEW IF EXISTS v
ALTER TABLE t ADD COLUMN z
ALTER TABLE t RENAME TO z
ANALYZE
REINDEX
SELECT load_extension('{folder}/evil')
SELECT load_extension('{folder}/evil', 'entry')
SELECT fts3_tokenizer('simple')
SELECT fts3_tokenizer('simple', x'0011223344556677')
SELECT FTS3_TOKENIZER('simple', x'0011223344556677')
SELECT "fts3_tokenizer"('simple')
SELECT (SELECT load_extension('{folder}/evil'))
SELECT readfile('{secret}')
SELECT writefile('{folder}/out', 'x')
SELECT edit('x', 'touch {folder}/touched')
SELECT sqlite_log(1, 'x')
SELECT * FROM fsdir('{folder}')
SELECT * FROM "{secret}"
SELECT * FROM dbstat
SELECT * FROM sqlite_stmt
SELECT 1; DELETE FROM t
SELECT 1; SELECT 2
SELECT 1; ATTACH '{folder}/new.sqlite' AS x
EXPLAIN DELETE FROM t
SELECT randomblob(2000000000)
SELECT zeroblob(2000000000)
.shell touch {folder}/touched
-- only a comment
