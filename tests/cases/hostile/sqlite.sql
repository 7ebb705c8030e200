-- case: delete
DELETE FROM orders
-- case: update
UPDATE orders SET status = 'paid'
-- case: update from
UPDATE orders SET status = 'x' FROM customers WHERE customers.customer_id = orders.customer_id
-- case: insert
INSERT INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: insert from select
INSERT INTO update_log SELECT 9, 'x', NULL, 'x'
-- case: replace
REPLACE INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: upsert
INSERT INTO update_log VALUES (1, 'x', NULL, 'x') ON CONFLICT DO NOTHING
-- case: delete with returning
DELETE FROM orders RETURNING *
-- case: CTE before a delete
WITH x AS (SELECT 1) DELETE FROM orders
-- case: CTE before an insert
WITH x AS (SELECT 9) INSERT INTO update_log (id) SELECT * FROM x
-- case: writing CTE
WITH g AS (DELETE FROM orders RETURNING *) SELECT * FROM g
-- case: drop table
DROP TABLE orders
-- case: drop if exists
DROP TABLE IF EXISTS orders
-- case: create table
CREATE TABLE t (a)
-- case: create table as
CREATE TABLE stolen AS SELECT * FROM customers
-- case: create temporary table
CREATE TEMP TABLE t AS SELECT 1
-- case: create view
CREATE VIEW v AS SELECT 1
-- case: create trigger
CREATE TRIGGER tr AFTER INSERT ON orders BEGIN DELETE FROM orders; END
-- case: create virtual table
CREATE VIRTUAL TABLE v USING fts5(a)
-- case: create index
CREATE INDEX i ON orders (status)
-- case: alter table
ALTER TABLE orders RENAME TO o
-- case: attach creates a file
ATTACH DATABASE '/tmp/forerun_attached.sqlite' AS other
-- case: attach, short
ATTACH '/tmp/forerun_attached.sqlite' AS other
-- case: attach in memory
ATTACH ':memory:' AS m
-- case: detach
DETACH DATABASE main
-- case: pragma writes
PRAGMA writable_schema = ON
-- case: pragma journal mode
PRAGMA journal_mode = DELETE
-- case: pragma of the whole process
PRAGMA soft_heap_limit = 1
-- case: pragma query_only off
PRAGMA query_only = 0
-- case: pragma reads
PRAGMA table_info(customers)
-- case: pragma as a table function
SELECT * FROM pragma_table_info('customers')
-- case: pragma table function without brackets
SELECT * FROM pragma_database_list
-- case: pragma function list
SELECT * FROM pragma_function_list()
-- case: pragma table function by schema
SELECT * FROM main.pragma_table_list
-- case: pragma behind IN
SELECT * FROM orders WHERE status IN pragma_collation_list
-- case: vacuum
VACUUM
-- case: vacuum into a file
VACUUM INTO '/tmp/forerun_stolen.sqlite'
-- case: reindex
REINDEX
-- case: analyze
ANALYZE
-- case: begin
BEGIN
-- case: begin immediate
BEGIN IMMEDIATE
-- case: commit
COMMIT
-- case: end
END
-- case: rollback
ROLLBACK
-- case: savepoint
SAVEPOINT s
-- case: release
RELEASE s
-- case: explain
EXPLAIN SELECT * FROM orders
-- case: explain query plan of a delete
EXPLAIN QUERY PLAN DELETE FROM orders
-- case: stacked statements
SELECT 1; DROP TABLE orders
-- case: stacked, three
SELECT 1; SELECT 2; SELECT 3
-- case: stacked behind a comment end
SELECT 1 /* a */ ; DELETE FROM orders /* b */
-- case: comments do not nest here
SELECT 1 /* /* */ ; DELETE FROM orders -- */
-- case: stacked behind a literal with a quote
SELECT 'it''s' ; DELETE FROM orders
-- case: backslash does not escape here
SELECT 'a\' ; DELETE FROM orders -- '
-- case: load_extension
SELECT load_extension('/tmp/evil.so')
-- case: load_extension with an entry point
SELECT load_extension('/tmp/evil.so', 'init')
-- case: load_extension, capitals
SELECT LOAD_EXTENSION('/tmp/evil.so')
-- case: load_extension, double quotes
SELECT "load_extension"('/tmp/evil.so')
-- case: load_extension, square brackets
SELECT [load_extension]('/tmp/evil.so')
-- case: load_extension, backticks
SELECT `load_extension`('/tmp/evil.so')
-- case: load_extension, blank before the bracket
SELECT load_extension ('/tmp/evil.so')
-- case: load_extension, comment before the bracket
SELECT load_extension/**/('/tmp/evil.so')
-- case: load_extension in WHERE
SELECT * FROM orders WHERE load_extension('/tmp/evil.so') IS NULL
-- case: load_extension in ORDER BY
SELECT * FROM orders ORDER BY load_extension('/tmp/evil.so')
-- case: load_extension in a CASE
SELECT CASE WHEN 1 THEN load_extension('/tmp/evil.so') END
-- case: load_extension in VALUES
VALUES (load_extension('/tmp/evil.so'))
-- case: load_extension in a window
SELECT sum(1) OVER (PARTITION BY load_extension('/tmp/evil.so')) FROM orders
-- case: load_extension in FILTER
SELECT count(*) FILTER (WHERE load_extension('/tmp/evil.so')) FROM orders
-- case: load_extension in HAVING
SELECT status FROM orders GROUP BY status HAVING load_extension('/tmp/evil.so')
-- case: load_extension in LIMIT
SELECT * FROM orders LIMIT load_extension('/tmp/evil.so')
-- case: load_extension in a join condition
SELECT * FROM orders JOIN customers ON load_extension('/tmp/evil.so')
-- case: load_extension in a CTE
WITH x AS (SELECT load_extension('/tmp/evil.so') AS y) SELECT y FROM x
-- case: load_extension in the second half of a union
SELECT 1 UNION ALL SELECT load_extension('/tmp/evil.so')
-- case: fts3_tokenizer overwrites a pointer
SELECT fts3_tokenizer('simple', x'4141414141414141')
-- case: fts3_tokenizer reads a pointer
SELECT hex(fts3_tokenizer('simple'))
-- case: fts5
SELECT fts5(x'41')
-- case: optimize of full-text search
SELECT optimize(orders) FROM orders
-- case: readfile
SELECT readfile('/etc/passwd')
-- case: writefile
SELECT writefile('/tmp/forerun_written', 'x')
-- case: edit
SELECT edit('x', 'vi')
-- case: fsdir
SELECT * FROM fsdir('/etc')
-- case: csv virtual table
SELECT * FROM csv('/etc/passwd')
-- case: zipfile
SELECT * FROM zipfile('/tmp/x.zip')
-- case: sqlite_log
SELECT sqlite_log(1, 'x')
-- case: sqlite_version
SELECT sqlite_version()
-- case: sqlite_source_id
SELECT sqlite_source_id()
-- case: compile options
SELECT sqlite_compileoption_get(0)
-- case: last_insert_rowid
SELECT last_insert_rowid()
-- case: changes
SELECT changes(), total_changes()
-- case: unknown function
SELECT eval('DELETE FROM orders')
-- case: user-defined function
SELECT my_function(1)
-- case: randomblob, huge
SELECT length(randomblob(1000000000))
-- case: zeroblob, huge
SELECT length(zeroblob(1000000000))
-- case: randomblob
SELECT randomblob(16)
-- case: sqlite_master
SELECT * FROM sqlite_master
-- case: sqlite_schema
SELECT * FROM sqlite_schema
-- case: sqlite_temp_master
SELECT * FROM sqlite_temp_master
-- case: main.sqlite_master
SELECT * FROM main.sqlite_master
-- case: sqlite_master, quoted
SELECT * FROM "sqlite_master"
-- case: sqlite_master, capitals
SELECT * FROM SQLITE_MASTER
-- case: sqlite_master in a subquery
SELECT (SELECT group_concat(sql) FROM sqlite_master)
-- case: sqlite_master behind IN
SELECT * FROM orders WHERE status IN sqlite_master
-- case: sqlite_master behind IN, beside a table function
SELECT * FROM json_each('[1]') WHERE value IN sqlite_master
-- case: sqlite_master behind IN with a schema
SELECT 1 WHERE 1 IN main.sqlite_master
-- case: sqlite_master beside a CTE of that name in another scope
SELECT * FROM (WITH sqlite_master AS (SELECT 1) SELECT * FROM sqlite_master) AS a, sqlite_master
-- case: sqlite_sequence
SELECT * FROM sqlite_sequence
-- case: sqlite_stat1
SELECT * FROM sqlite_stat1
-- case: dbstat
SELECT * FROM dbstat
-- case: sqlite_stmt
SELECT * FROM sqlite_stmt
-- case: bytecode
SELECT * FROM bytecode('SELECT 1')
-- case: temp schema
SELECT * FROM temp.orders
-- case: unknown table
SELECT * FROM secrets
-- case: unknown table in an exists
SELECT 1 WHERE EXISTS (SELECT * FROM secrets)
-- case: parameter
SELECT * FROM orders WHERE order_id = ?
-- case: numbered parameter
SELECT * FROM orders WHERE order_id = ?1
-- case: colon parameter
SELECT * FROM orders WHERE order_id = :id
-- case: at parameter
SELECT * FROM orders WHERE order_id = @id
-- case: dollar parameter
SELECT * FROM orders WHERE order_id = $id
-- case: endless recursion
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
-- case: endless recursion without the word
WITH r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
-- case: endless recursion, UNION
WITH RECURSIVE r(n) AS (VALUES (1) UNION SELECT n + 1 FROM r) SELECT max(n) FROM r
-- case: endless recursion, downwards
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n - 1 FROM r WHERE n < 10) SELECT count(*) FROM r
-- case: endless recursion, always true
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r WHERE n = n) SELECT count(*) FROM r
-- case: endless recursion that joins everything
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, orders) SELECT count(*) FROM r
-- case: recursion with a far bound
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1e12) SELECT count(*) FROM r
-- case: huge series
SELECT count(*) FROM generate_series(1, 100000000000)
-- case: begin hidden in capitals and tabs
	BeGiN	TRANSACTION
-- case: null character
SELECT 1\x00; DROP TABLE orders
-- case: byte order mark before a drop
﻿DROP TABLE orders
-- case: full-width semicolon is no semicolon
SELECT 1； DROP TABLE orders
-- case: INDEXED BY hint
SELECT * FROM orders INDEXED BY i
-- case: returning outside
SELECT 1 RETURNING *
-- case: select into
SELECT * INTO stolen FROM customers
-- case: for update
SELECT * FROM orders FOR UPDATE
-- case: deep nesting
SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
-- case: many nots
SELECT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT 1
-- case: empty

-- case: only a comment
/* nothing */
-- case: endless recursion, a limit that is none
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT -1) SELECT count(*) FROM t
-- case: endless recursion, a limit out of reach
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 100000000000) SELECT count(*) FROM t
-- case: IN without a table
SELECT 1 IN main . 2 sqlite_master
-- case: an enormous text by a width among the arguments
SELECT instr(printf('%.*c', 30000000, 'x'), printf('%.*c', 15000000, 'x') || 'y')
-- case: an enormous text by its width
SELECT length(printf('%1000000000d', 1))
-- case: an enormous text by its precision
SELECT length(format('%.60000000f', 1))
-- case: a text multiplied by replacing
SELECT length(replace(hex(zeroblob(10000)), '0', hex(zeroblob(10000))))
-- case: the system table as a text behind IN
SELECT (1, 2, 3, 4, 5) IN 'sqlite_master'
-- case: a table as a text behind NOT IN
SELECT name FROM customers WHERE (1, 2, 3, 4, 5) NOT IN 'employees'
-- case: a table and its schema as texts behind IN
SELECT (1, 2, 3, 4, 5) IN 'main'.'employees'
-- case: a table as a text behind IN, with its schema
SELECT (1, 2, 3, 4, 5) IN main.'employees'
-- case: a column by texts
SELECT 'sqlite_master'.'sql' FROM customers

-- case: a text that doubles at every step, searched
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || s FROM r WHERE n < 25) SELECT instr(s, substr(s, 1, 8000000) || 'b') FROM r WHERE n = 25
-- case: a text that doubles at every step, replaced
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || s FROM r WHERE n < 23) SELECT replace(s, substr(s, 1, 500000) || 'b', '') FROM r WHERE n = 22
-- case: a text that doubles at every step, trimmed
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || s FROM r WHERE n < 22) SELECT length(trim(s || 'c', 'a')) FROM r WHERE n = 21
-- case: two texts that grow by each other
WITH RECURSIVE r(n, a, b) AS (SELECT 1, 'a', 'b' UNION ALL SELECT n + 1, a || b, b || a FROM r WHERE n < 25) SELECT max(length(a)) FROM r
-- case: a text that doubles at every other step
WITH RECURSIVE r(n, a, b) AS (SELECT 1, 'a', 'b' UNION ALL SELECT n + 1, b, a || a FROM r WHERE n < 50) SELECT max(length(a)) FROM r
-- case: a text that doubles by replacing
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, replace(s, 'a', 'aa') FROM r WHERE n < 25) SELECT max(length(s)) FROM r
-- case: a text that doubles in a query of FROM
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, x.t || x.t FROM (SELECT n, s AS t FROM r) x WHERE n < 25) SELECT max(length(s)) FROM r
-- case: a text that doubles as digits, not said to recurse
WITH r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, hex(s) FROM r WHERE n < 25) SELECT max(length(s)) FROM r
-- case: an enormous text by a shifted width
SELECT length(printf('%.*c', 1 << 28, 'a'))
-- case: an enormous text by the clock
SELECT length(printf('%*d', unixepoch(), 1))
-- case: min() far below 0, turned round
SELECT zeroblob(abs(min(-500000000, 5)))
