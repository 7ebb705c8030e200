-- case: delete
DELETE FROM orders
-- case: update
UPDATE orders SET status = 'paid'
-- case: insert
INSERT INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: insert or replace
INSERT OR REPLACE INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: merge
MERGE INTO orders USING customers ON false WHEN NOT MATCHED THEN INSERT VALUES (9, 9, 'x', NULL, NULL)
-- case: truncate
TRUNCATE orders
-- case: drop table
DROP TABLE orders
-- case: create table as
CREATE TABLE stolen AS SELECT * FROM customers
-- case: create or replace view
CREATE OR REPLACE VIEW v AS SELECT * FROM customers
-- case: create macro
CREATE MACRO lower(x) AS (SELECT 1)
-- case: create temporary table
CREATE TEMP TABLE t AS SELECT 1
-- case: create sequence
CREATE SEQUENCE s
-- case: create secret
CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')
-- case: alter table
ALTER TABLE orders ADD COLUMN x INTEGER
-- case: comment on
COMMENT ON TABLE orders IS 'x'
-- case: writing CTE, delete
WITH g AS (DELETE FROM orders RETURNING *) SELECT * FROM g
-- case: writing CTE, insert
WITH g AS (INSERT INTO update_log VALUES (9, 'x', NULL, 'x') RETURNING *) SELECT count(*) FROM g
-- case: writing CTE, update
WITH g AS (UPDATE orders SET status = 'x' RETURNING *) SELECT * FROM g
-- case: writing CTE inside a subquery
SELECT * FROM (WITH g AS (DELETE FROM orders RETURNING *) SELECT * FROM g) AS x
-- case: select into
SELECT * INTO stolen FROM customers
-- case: explain analyze delete
EXPLAIN ANALYZE DELETE FROM orders
-- case: explain
EXPLAIN SELECT 1
-- case: copy to a file
COPY orders TO '/tmp/forerun_stolen.csv'
-- case: copy a query to a file
COPY (SELECT * FROM customers) TO '/tmp/forerun_stolen.parquet' (FORMAT parquet)
-- case: copy from a file
COPY orders FROM '/etc/passwd'
-- case: export database
EXPORT DATABASE '/tmp/forerun_stolen'
-- case: import database
IMPORT DATABASE '/tmp/forerun_stolen'
-- case: attach
ATTACH '/tmp/forerun_attached.duckdb' AS other
-- case: attach if not exists, sqlite
ATTACH IF NOT EXISTS '/tmp/forerun_attached.sqlite' AS other (TYPE sqlite)
-- case: detach
DETACH other
-- case: use
USE other
-- case: install
INSTALL httpfs
-- case: force install from a repository
FORCE INSTALL httpfs FROM community
-- case: load
LOAD '/tmp/evil.duckdb_extension'
-- case: set
SET memory_limit = '100GB'
-- case: set global
SET GLOBAL enable_external_access = true
-- case: reset
RESET memory_limit
-- case: set variable
SET VARIABLE x = 1
-- case: pragma
PRAGMA enable_profiling
-- case: pragma with a value
PRAGMA threads = 64
-- case: pragma call
PRAGMA table_info('orders')
-- case: call
CALL enable_logging()
-- case: checkpoint
CHECKPOINT
-- case: force checkpoint
FORCE CHECKPOINT
-- case: vacuum
VACUUM
-- case: analyze
ANALYZE
-- case: begin
BEGIN TRANSACTION
-- case: commit
COMMIT
-- case: rollback
ROLLBACK
-- case: prepare
PREPARE p AS SELECT 1
-- case: execute
EXECUTE p
-- case: show tables
SHOW TABLES
-- case: show all tables as a relation
SELECT * FROM (SHOW ALL TABLES)
-- case: describe as a relation
SELECT * FROM (DESCRIBE orders)
-- case: summarize a file
SUMMARIZE '/etc/passwd'
-- case: stacked statements
SELECT 1; DROP TABLE orders
-- case: stacked statements, no blank
SELECT 1;DELETE FROM orders;
-- case: stacked after a comment
SELECT 1 /* ; */ ; DROP TABLE orders --
-- case: two selects
SELECT 1; SELECT 2
-- case: nested comment that hides a second statement
SELECT 1 /* outer /* inner */ still a comment */ ; DROP TABLE orders
-- case: read_csv
SELECT * FROM read_csv('/etc/passwd')
-- case: read_csv_auto
SELECT * FROM read_csv_auto('/etc/passwd', delim = ':')
-- case: read_text
SELECT content FROM read_text('/etc/passwd')
-- case: read_blob
SELECT * FROM read_blob('/etc/*')
-- case: read_parquet
SELECT * FROM read_parquet('https://example.org/x.parquet')
-- case: parquet_scan
SELECT * FROM parquet_scan('x.parquet')
-- case: parquet_metadata
SELECT * FROM parquet_metadata('x.parquet')
-- case: read_json
SELECT * FROM read_json('/etc/passwd')
-- case: read_json_auto
SELECT * FROM read_json_auto('/etc/passwd')
-- case: read_ndjson
SELECT * FROM read_ndjson('/etc/passwd')
-- case: read_json_objects
SELECT * FROM read_json_objects('/etc/passwd')
-- case: read_duckdb
SELECT * FROM read_duckdb('/tmp/other.duckdb')
-- case: sniff_csv
SELECT * FROM sniff_csv('/etc/passwd')
-- case: glob
SELECT * FROM glob('/etc/*')
-- case: read_csv inside a scalar subquery
SELECT (SELECT count(*) FROM read_csv('/etc/passwd')) FROM orders
-- case: read_csv inside IN
SELECT * FROM orders WHERE status IN (SELECT column0 FROM read_csv('/etc/passwd'))
-- case: read_csv inside a CTE
WITH f AS MATERIALIZED (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM f
-- case: read_csv by a schema
SELECT * FROM main.read_csv('/etc/passwd')
-- case: read_csv by the system catalog
SELECT * FROM system.main.read_csv('/etc/passwd')
-- case: read_csv, quoted name
SELECT * FROM "read_csv"('/etc/passwd')
-- case: read_csv, capitals
SELECT * FROM READ_CSV('/etc/passwd')
-- case: read_csv, comment before the bracket
SELECT * FROM read_csv /* x */ ('/etc/passwd')
-- case: read_text in a lateral join
SELECT * FROM orders, LATERAL (SELECT * FROM read_text('/etc/passwd')) AS f
-- case: file path in single quotes
SELECT * FROM '/etc/passwd'
-- case: file path in double quotes
SELECT * FROM "/tmp/x.parquet"
-- case: file name in FROM
FROM 'customers.csv'
-- case: URL in FROM
SELECT * FROM 'https://example.org/x.csv'
-- case: path in a join
SELECT * FROM orders JOIN 'x.csv' AS f ON true
-- case: file hidden behind a CTE of another scope
SELECT * FROM (WITH "x.csv" AS (SELECT 1) SELECT * FROM "x.csv") AS a, "x.csv"
-- case: no-break space (U+00A0) between FROM and a path
SELECT * FROM 'x.csv'
-- case: ideographic space (U+3000) before a stacked statement
SELECT 1　;　DROP TABLE orders
-- case: byte order mark before a delete
﻿DELETE FROM orders
-- case: full-width letters
ＤＥＬＥＴＥ ＦＲＯＭ orders
-- case: full-width function name
SELECT ｒｅａｄ＿ｔｅｘｔ('/etc/passwd')
-- case: right-to-left override (U+202E) in a name
SELECT * FROM "‮orders"
-- case: null character
SELECT 1 \x00; DROP TABLE orders
-- case: getenv
SELECT getenv('HOME')
-- case: current_setting
SELECT current_setting('memory_limit')
-- case: getvariable
SELECT getvariable('x')
-- case: nextval
SELECT nextval('s')
-- case: currval
SELECT currval('s')
-- case: setval
SELECT setval('s', 1)
-- case: setseed
SELECT setseed(0.5)
-- case: sleep
SELECT sleep_ms(100000)
-- case: pg_sleep
SELECT pg_sleep(100)
-- case: write_log
SELECT write_log('x')
-- case: enable_logging
SELECT * FROM enable_logging()
-- case: disable_logging
SELECT * FROM disable_logging()
-- case: truncate_duckdb_logs
SELECT * FROM truncate_duckdb_logs()
-- case: enable_profiling
SELECT * FROM enable_profiling()
-- case: checkpoint as a table function
SELECT * FROM checkpoint()
-- case: force_checkpoint as a table function
SELECT * FROM force_checkpoint()
-- case: query
SELECT * FROM query('DELETE FROM orders')
-- case: query_table
SELECT * FROM query_table('customers')
-- case: json_execute_serialized_sql
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM customers'))
-- case: json_serialize_plan
SELECT json_serialize_plan('SELECT 1')
-- case: duckdb_settings
SELECT * FROM duckdb_settings()
-- case: duckdb_secrets
SELECT * FROM duckdb_secrets()
-- case: which_secret
SELECT * FROM which_secret('s3://x', 's3')
-- case: duckdb_tables
SELECT * FROM duckdb_tables()
-- case: duckdb_logs
SELECT * FROM duckdb_logs
-- case: register_external_resource
SELECT * FROM register_external_resource('x', 'y')
-- case: pragma_table_info
SELECT * FROM pragma_table_info('customers')
-- case: pragma_storage_info
SELECT * FROM pragma_storage_info('customers')
-- case: pandas_scan
SELECT * FROM pandas_scan(0)
-- case: arrow_scan
SELECT * FROM arrow_scan(1, 2, 3)
-- case: python_map_function
SELECT * FROM python_map_function()
-- case: seq_scan
SELECT * FROM seq_scan('customers')
-- case: histogram, the table macro that reads a table by its name
SELECT * FROM histogram('duckdb_settings', name)
-- case: repeat, the table function
SELECT count(*) FROM repeat('x', 100000000000)
-- case: repeat, the table function, few rows
SELECT count(*) FROM repeat('x', 10)
-- case: histogram behind LATERAL
SELECT * FROM orders, LATERAL histogram('customers', name)
-- case: system view in the first half of a recursion of its name
WITH RECURSIVE duckdb_settings AS (SELECT name FROM duckdb_settings UNION ALL SELECT name FROM duckdb_settings WHERE name < 'a') SELECT * FROM duckdb_settings
-- case: system view in a recursion without a UNION
WITH RECURSIVE duckdb_settings AS (SELECT name FROM duckdb_settings) SELECT * FROM duckdb_settings
-- case: information_schema
SELECT * FROM information_schema.tables
-- case: pg_catalog
SELECT * FROM pg_catalog.pg_class
-- case: sqlite_master
SELECT * FROM sqlite_master
-- case: system schema
SELECT * FROM system.information_schema.columns
-- case: temp schema
SELECT * FROM temp.customers
-- case: another database
SELECT * FROM other.main.customers
-- case: unknown table
SELECT * FROM secrets
-- case: version
SELECT version()
-- case: current_user
SELECT current_user
-- case: current_database
SELECT current_database()
-- case: current_query
SELECT current_query()
-- case: inet_server_addr
SELECT inet_server_addr()
-- case: named parameter
SELECT * FROM orders WHERE order_id = $id
-- case: numbered parameter
SELECT * FROM orders WHERE order_id = $1
-- case: question mark
SELECT * FROM orders WHERE order_id = ?
-- case: lambda that reads a file
SELECT list_transform(['/etc/passwd'], x -> (SELECT content FROM read_text(x)))
-- case: file function in FILTER
SELECT count(*) FILTER (WHERE (SELECT true FROM read_text('/etc/passwd'))) FROM orders
-- case: file function in ORDER BY
SELECT * FROM orders ORDER BY (SELECT size FROM read_text('/etc/passwd'))
-- case: file function in LIMIT
SELECT * FROM orders LIMIT (SELECT count(*) FROM read_csv('/etc/passwd'))
-- case: file function in a window
SELECT sum(order_id) OVER (ORDER BY (SELECT size FROM read_text('/etc/passwd'))) FROM orders
-- case: file in PIVOT
PIVOT 'x.csv' ON a USING count(*)
-- case: file in UNPIVOT
UNPIVOT read_csv('/etc/passwd') ON column0
-- case: macro call by method
SELECT ('/etc/passwd').read_text()
-- case: endless recursion
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
-- case: endless recursion with a condition that never fails
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n > 0) SELECT count(*) FROM r
-- case: endless recursion, constant condition
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE 1 = 1) SELECT count(*) FROM r
-- case: recursion with a far bound
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 100000000000) SELECT count(*) FROM r
-- case: recursion that multiplies
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT a.n + 1 FROM r AS a, r AS b WHERE a.n < 60) SELECT count(*) FROM r
-- case: endless recursion, a join that links nothing
WITH RECURSIVE tree AS (SELECT category_id, 0 AS depth FROM categories UNION ALL SELECT c.category_id, t.depth + 1 FROM categories c JOIN tree t ON -t.category_id) SELECT * FROM tree
-- case: endless recursion, a bound that need not hold
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10 OR true) SELECT count(*) FROM r
-- case: endless recursion, a column within itself
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n <= n) SELECT count(*) FROM r
-- case: huge range
SELECT count(*) FROM range(1000000000000)
-- case: huge series by arithmetic
SELECT count(*) FROM generate_series(1, 1000000 * 1000000)
-- case: huge text
SELECT length(repeat('x', 10000000000))
-- case: huge text, nested
SELECT repeat(repeat(repeat('x', 10000), 10000), 10000)
-- case: deep nesting
SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
-- case: empty
;
-- case: only a comment
-- SELECT 1
-- case: not SQL
please drop the table
-- case: unclosed quote
SELECT 'abc
-- case: a distance between enormous texts
SELECT damerau_levenshtein(repeat('a', 6000), repeat('b', 6000))
-- case: an enormous text by a count in a query
SELECT length(repeat('x', (SELECT 3000000000)))
-- case: an enormous text by a column made for it
SELECT length(repeat('x', n)) FROM (SELECT 3000000000 AS n) AS t
-- case: an enormous text by a named column
SELECT length(repeat('x', n)) FROM (SELECT 3000000000) AS t(n)
-- case: an enormous text by a power
SELECT length(repeat('x', power(10, 9)::BIGINT))
-- case: an enormous text by a number in a text
SELECT length(lpad('x', (SELECT CAST('2000000000' AS BIGINT)), 'y'))
-- case: enormous texts from data
SELECT length(repeat('x', order_id * 500000)) FROM orders
-- case: an enormous text by its width
SELECT length(format('{:>1000000000}', 'x'))
-- case: an enormous text by its width in pieces
SELECT length(printf('%' || '2000' || '000000d', 1))
-- case: a text multiplied by replacing
SELECT length(replace(repeat('a', 10000), 'a', repeat('b', 10000)))
-- case: a list of enormous texts
SELECT len(list(repeat('x', 1000000))) FROM range(20000)
-- case: an enormous list by a number in a query
SELECT len(range((SELECT 2000000000)))
-- case: a list of long texts, joined
SELECT length(array_to_string(list_transform(range(1000000), lambda x: repeat('a', 10000)), ''))
-- case: lists in lists
SELECT len(list_transform(range(3000), lambda x: list_transform(range(3000), lambda y: range(1000))))
-- case: enormous bits
SELECT bit_count(bitstring('1', 2000000000))
-- case: a recursive query by name that is none reads the system
WITH RECURSIVE sqlite_master AS (SELECT 'x' AS sql, 1 AS rootpage UNION BY NAME SELECT sql, 1 AS rootpage FROM sqlite_master) SELECT * FROM sqlite_master
-- case: a recursive EXCEPT that is none reads the system
WITH RECURSIVE duckdb_settings AS (SELECT 'x' AS name EXCEPT SELECT name FROM duckdb_settings) SELECT * FROM duckdb_settings
-- case: a list by a shift
SELECT len(range(1 << 28))
-- case: a list by a count in quotes
SELECT len(range(CAST('1000000000' AS BIGINT)))
-- case: lists of lists by a lambda
SELECT len(list_transform(range(9000), x -> range(x, x + 100000)))
-- case: texts as long as an element of a list says
SELECT len(list_transform(range(9000), lambda x: repeat('x', x)))
-- case: a list of every second in twenty years
SELECT len(generate_series(TIMESTAMP '2000-01-01', TIMESTAMP '2020-01-01', INTERVAL 1 second))
-- case: every microsecond there is
SELECT count(*) FROM generate_series(DATE '0001-01-01', DATE '9999-01-01', INTERVAL 1 microsecond)
-- case: small repeats of repeats
SELECT length(repeat(repeat(repeat(repeat(repeat('x', 100), 100), 100), 100), 100))
-- case: a text that doubles at every step
WITH RECURSIVE r(n, s) AS (SELECT 1, CAST('x' AS VARCHAR) UNION ALL SELECT n + 1, s || s FROM r WHERE n < 36) SELECT max(length(s)) FROM r
-- case: a text that doubles along a list
SELECT length(list_reduce(range(36)::VARCHAR[], (a, b) -> a || a))
-- case: one value of long texts
SELECT string_agg(repeat('x', 10000), '') FROM range(30000)
-- case: one value of long texts, a list
SELECT len(list(repeat('x', 10000) || i::VARCHAR)) FROM range(1000000) t(i)
-- case: a distance between all names and all names
SELECT levenshtein(a.s, a.s) FROM (SELECT string_agg(name, '') AS s FROM customers) a
-- case: a pattern that is put together
SELECT printf(replace('%1x', 'x', '000000000') || 'd', 1)
-- case: endless recursion, a bound that is computed
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1 << 40) SELECT count(*) FROM r
-- case: endless recursion, a call that does not move
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT abs(n) FROM r WHERE n < 5) SELECT count(*) FROM r
-- case: a large number behind NOT, in a recursion
WITH RECURSIVE r(n, m) AS (SELECT 1, 50000000 UNION ALL SELECT n + 1, m FROM r WHERE n < 3 AND NOT length(repeat('x', m)) <= 49999999) SELECT * FROM r
-- case: least() far below 0, turned round
SELECT repeat('x', abs(least(-50000000, 5)))
-- case: least() far below 0, taken away
SELECT repeat('x', 0 - least(-50000000, 5))
-- case: a width that a value says, in braces
SELECT format('{:{}}', 'x', 50000000)
-- case: days of an interval
SELECT repeat('x', day(INTERVAL '50000000 days'))
-- case: days of an interval, by a column
SELECT repeat('x', day(d)) FROM (SELECT INTERVAL '50000000 days' AS d)
-- case: hours of an interval
SELECT repeat('x', extract(hour FROM INTERVAL '50000000 hours'))
-- case: divided by an element of a list
SELECT list_transform([0.000002], lambda x: length(repeat('y', (100 / x)::INT)))
-- case: a field of an element of a list
SELECT list_transform([{'a': 50000000}], lambda s: length(repeat('x', s.a)))
-- case: a list of what was come to so far
SELECT length(list_reduce(['x', 'y', 'z'], lambda a, b: ([a for i in range(3000)])::VARCHAR))
-- case: the same by a lambda within
SELECT length(list_reduce(['x', 'y', 'z'], lambda a, b: list_transform(range(3000), lambda i: a)::VARCHAR))
-- case: bits from far below 0
SELECT bitstring_agg(i, -50000000, 5) FROM range(5) t(i)
-- case: a large number in a union by name
SELECT repeat('x', order_id) FROM (SELECT order_id FROM orders UNION ALL BY NAME SELECT 1 AS z, 50000000 AS order_id)
-- case: bits read as digits
SELECT repeat('x', CAST(255::BIT AS VARCHAR)::BIGINT)
