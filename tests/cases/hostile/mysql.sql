-- case: delete
DELETE FROM orders
-- case: delete from several
DELETE o FROM orders o JOIN customers c USING (customer_id)
-- case: update
UPDATE orders SET status = 'paid'
-- case: insert
INSERT INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: insert select
INSERT INTO update_log SELECT 9, 'x', NULL, 'x'
-- case: replace
REPLACE INTO update_log VALUES (9, 'x', NULL, 'x')
-- case: truncate
TRUNCATE TABLE orders
-- case: CTE before a delete
WITH x AS (SELECT 1) DELETE FROM orders
-- case: CTE before an update
WITH x AS (SELECT 1 AS a) UPDATE orders SET status = 'x' WHERE order_id IN (SELECT a FROM x)
-- case: drop
DROP TABLE orders
-- case: create table as
CREATE TABLE stolen AS SELECT * FROM customers
-- case: create temporary table
CREATE TEMPORARY TABLE t AS SELECT 1
-- case: create user
CREATE USER evil
-- case: create procedure
CREATE PROCEDURE p() BEGIN DELETE FROM orders; END
-- case: create event
CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO DELETE FROM orders
-- case: alter table
ALTER TABLE orders ADD x INT
-- case: rename
RENAME TABLE orders TO o
-- case: grant
GRANT ALL ON *.* TO evil
-- case: set
SET GLOBAL general_log = ON
-- case: set password
SET PASSWORD = 'x'
-- case: set names
SET NAMES gbk
-- case: set a variable
SET @x = 1
-- case: set statement for (MariaDB)
SET STATEMENT max_statement_time = 0 FOR SELECT 1
-- case: use
USE mysql
-- case: show
SHOW DATABASES
-- case: show grants
SHOW GRANTS
-- case: show variables
SHOW VARIABLES LIKE 'secure_file_priv'
-- case: describe
DESCRIBE orders
-- case: explain
EXPLAIN SELECT * FROM orders
-- case: explain analyze
EXPLAIN ANALYZE SELECT * FROM orders
-- case: analyze format (MariaDB runs it)
ANALYZE FORMAT=JSON DELETE FROM orders
-- case: call
CALL p()
-- case: do
DO SLEEP(10)
-- case: handler open
HANDLER orders OPEN
-- case: handler read
HANDLER orders READ FIRST
-- case: lock tables
LOCK TABLES orders WRITE
-- case: unlock tables
UNLOCK TABLES
-- case: begin
BEGIN
-- case: start transaction
START TRANSACTION
-- case: commit
COMMIT
-- case: rollback
ROLLBACK
-- case: xa
XA START 'x'
-- case: flush
FLUSH TABLES
-- case: reset
RESET MASTER
-- case: kill
KILL 1
-- case: shutdown
SHUTDOWN
-- case: install plugin
INSTALL PLUGIN p SONAME 'evil.so'
-- case: create function soname
CREATE FUNCTION sys_exec RETURNS INT SONAME 'udf.so'
-- case: load data
LOAD DATA INFILE '/etc/passwd' INTO TABLE update_log
-- case: load data local
LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE update_log
-- case: load xml
LOAD XML INFILE '/etc/passwd' INTO TABLE update_log
-- case: prepare
PREPARE p FROM 'DELETE FROM orders'
-- case: execute immediate
EXECUTE IMMEDIATE 'DELETE FROM orders'
-- case: deallocate
DEALLOCATE PREPARE p
-- case: optimize
OPTIMIZE TABLE orders
-- case: check
CHECK TABLE orders
-- case: repair
REPAIR TABLE orders
-- case: change master
CHANGE MASTER TO MASTER_HOST = 'example.org'
-- case: purge
PURGE BINARY LOGS TO 'x'
-- case: signal
SIGNAL SQLSTATE '45000'
-- case: delimiter
DELIMITER //
-- case: into outfile
SELECT * FROM customers INTO OUTFILE '/tmp/forerun_stolen'
-- case: into outfile before from
SELECT * INTO OUTFILE '/tmp/forerun_stolen' FROM customers
-- case: into dumpfile
SELECT 'x' INTO DUMPFILE '/tmp/forerun_stolen'
-- case: into a variable
SELECT name INTO @x FROM customers LIMIT 1
-- case: into outfile in a union
SELECT 1 UNION SELECT 2 INTO OUTFILE '/tmp/forerun_stolen'
-- case: into outfile in an executable comment
SELECT * FROM customers /*! INTO OUTFILE '/tmp/forerun_stolen' */
-- case: into outfile in a versioned executable comment
SELECT * FROM customers /*!50000 INTO OUTFILE '/tmp/forerun_stolen' */
-- case: into outfile in a MariaDB comment
SELECT * FROM customers /*M! INTO OUTFILE '/tmp/forerun_stolen' */
-- case: into outfile in a versioned MariaDB comment
SELECT * FROM customers /*M!100100 INTO OUTFILE '/tmp/forerun_stolen' */
-- case: executable comment in the middle of a word list
SELECT 1 /*!, LOAD_FILE('/etc/passwd') */
-- case: executable comment before the statement
/*!50000 DELETE FROM orders */
-- case: executable comment behind the statement
SELECT 1 /*!50000 FOR UPDATE */
-- case: executable comment that opens a plain one
SELECT 1 /*! /* */ , LOAD_FILE('/etc/passwd') */
-- case: minus minus without a blank is no comment
SELECT 1 --1, LOAD_FILE('/etc/passwd')
-- case: minus minus without a blank before a function
SELECT 2 --SLEEP(10)
-- case: comments do not nest here
SELECT 1 /* /* */ , LOAD_FILE('/etc/passwd') -- */
-- case: optimizer hint that sets a variable
SELECT /*+ SET_VAR(max_execution_time=0) */ 1
-- case: optimizer hint that lifts the timeout
SELECT /*+ MAX_EXECUTION_TIME(0) */ * FROM orders
-- case: load_file
SELECT LOAD_FILE('/etc/passwd')
-- case: load_file by a hex name
SELECT LOAD_FILE(0x2F6574632F706173737764)
-- case: load_file, backticks
SELECT `load_file`('/etc/passwd')
-- case: load_file, blank before the bracket
SELECT LOAD_FILE ('/etc/passwd')
-- case: load_file, comment before the bracket
SELECT LOAD_FILE/**/('/etc/passwd')
-- case: load_file in ORDER BY
SELECT 1 FROM orders ORDER BY LOAD_FILE('/etc/passwd')
-- case: load_file in GROUP_CONCAT
SELECT GROUP_CONCAT(LOAD_FILE('/etc/passwd') ORDER BY 1 SEPARATOR ',') FROM orders
-- case: load_file in a CASE
SELECT CASE WHEN 1 THEN LOAD_FILE('/etc/passwd') END
-- case: load_file in JSON_TABLE
SELECT * FROM JSON_TABLE(LOAD_FILE('/etc/passwd'), '$[*]' COLUMNS (x INT PATH '$')) AS j
-- case: load_file in an interval
SELECT NOW() + INTERVAL LOAD_FILE('/etc/passwd') DAY
-- case: load_file in MATCH
SELECT MATCH (name) AGAINST (LOAD_FILE('/etc/passwd')) FROM customers
-- case: load_file by schema
SELECT shop.LOAD_FILE('/etc/passwd')
-- case: sleep
SELECT SLEEP(100)
-- case: sleep in WHERE
SELECT * FROM orders WHERE SLEEP(10)
-- case: sleep in IF
SELECT IF(1 = 1, SLEEP(10), 0)
-- case: sleep in a subquery
SELECT (SELECT SLEEP(10))
-- case: benchmark
SELECT BENCHMARK(1000000000, MD5('x'))
-- case: get_lock
SELECT GET_LOCK('x', 100)
-- case: release_all_locks
SELECT RELEASE_ALL_LOCKS()
-- case: is_used_lock
SELECT IS_USED_LOCK('x')
-- case: last_insert_id with a value
SELECT LAST_INSERT_ID(5)
-- case: nextval (MariaDB)
SELECT NEXTVAL(s)
-- case: next value for (MariaDB)
SELECT NEXT VALUE FOR s
-- case: setval (MariaDB)
SELECT SETVAL(s, 1)
-- case: master_pos_wait
SELECT MASTER_POS_WAIT('x', 1)
-- case: master_gtid_wait
SELECT MASTER_GTID_WAIT('x')
-- case: sys_exec
SELECT sys_exec('id')
-- case: sys_eval
SELECT sys_eval('id')
-- case: extractvalue leaks by its error
SELECT EXTRACTVALUE(1, CONCAT(0x7e, (SELECT name FROM customers LIMIT 1)))
-- case: updatexml leaks by its error
SELECT UPDATEXML(1, CONCAT(0x7e, 'x'), 1)
-- case: version
SELECT VERSION()
-- case: system variable
SELECT @@version
-- case: global system variable
SELECT @@global.secure_file_priv
-- case: user
SELECT USER()
-- case: current_user
SELECT CURRENT_USER()
-- case: current_user without brackets
SELECT CURRENT_USER
-- case: database
SELECT DATABASE()
-- case: connection_id
SELECT CONNECTION_ID()
-- case: found_rows
SELECT FOUND_ROWS()
-- case: row_count
SELECT ROW_COUNT()
-- case: uuid_short
SELECT UUID_SHORT()
-- case: random_bytes
SELECT RANDOM_BYTES(1024)
-- case: aes_decrypt
SELECT AES_DECRYPT('x', 'y')
-- case: password
SELECT PASSWORD('x')
-- case: encrypt
SELECT ENCRYPT('x')
-- case: decode_histogram
SELECT DECODE_HISTOGRAM('x', 'y')
-- case: unknown function
SELECT my_function(1)
-- case: user variable
SELECT @x
-- case: assignment in a query
SELECT @x := 1
-- case: assignment per row
SELECT @n := @n + 1, name FROM customers
-- case: procedure analyse
SELECT * FROM orders PROCEDURE ANALYSE()
-- case: procedure analyse with arguments
SELECT * FROM orders PROCEDURE ANALYSE(EXTRACTVALUE(1, CONCAT(0x7e, VERSION())), 1)
-- case: for update
SELECT * FROM orders FOR UPDATE
-- case: lock in share mode
SELECT * FROM orders LOCK IN SHARE MODE
-- case: for share nowait
SELECT * FROM orders FOR SHARE NOWAIT
-- case: for update in a subquery
SELECT * FROM (SELECT * FROM orders FOR UPDATE) AS x
-- case: sql_calc_found_rows
SELECT SQL_CALC_FOUND_ROWS * FROM orders
-- case: high_priority
SELECT HIGH_PRIORITY * FROM orders
-- case: mysql.user
SELECT * FROM mysql.user
-- case: mysql.user, backticks
SELECT * FROM `mysql`.`user`
-- case: information_schema
SELECT * FROM information_schema.tables
-- case: performance_schema
SELECT * FROM performance_schema.threads
-- case: sys
SELECT * FROM sys.processlist
-- case: information_schema in EXISTS
SELECT 1 WHERE EXISTS (SELECT * FROM information_schema.tables)
-- case: another database
SELECT * FROM other.customers
-- case: unknown table
SELECT * FROM secrets
-- case: system versioned table (MariaDB)
SELECT * FROM orders FOR SYSTEM_TIME ALL
-- case: partition
SELECT * FROM orders PARTITION (p0)
-- case: stacked
SELECT 1; DROP TABLE orders
-- case: stacked behind a hash comment
SELECT 1 # comment
; DROP TABLE orders
-- case: stacked behind an escaped quote
SELECT 'a\'' ; DELETE FROM orders -- '
-- case: stacked behind double quotes
SELECT "a\"" ; DELETE FROM orders
-- case: introducer with a broken character
SELECT _gbk'¿\' OR SLEEP(10) -- '
-- case: introducer
SELECT _latin1'x'
-- case: question mark
SELECT * FROM orders WHERE order_id = ?
-- case: named parameter
SELECT * FROM orders WHERE order_id = :id
-- case: pyformat parameter
SELECT * FROM orders WHERE order_id = %(id)s
-- case: endless recursion
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r
-- case: endless recursion with a condition that never fails
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n > 0) SELECT COUNT(*) FROM r
-- case: recursion with a far bound
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9999999999) SELECT COUNT(*) FROM r
-- case: recursion without an end, joined to everything
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT r.n + 1 FROM r JOIN orders) SELECT COUNT(*) FROM r
-- case: huge text
SELECT REPEAT('x', 1000000000)
-- case: huge padding
SELECT RPAD('x', 1000000000, 'y')
-- case: huge space
SELECT SPACE(1000000000)
-- case: null character
SELECT 1 \x00; DROP TABLE orders
-- case: byte order mark before a drop
﻿DROP TABLE orders
-- case: full-width letters
ＤＲＯＰ ＴＡＢＬＥ orders
-- case: deep nesting
SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
-- case: only a hash comment
# DROP TABLE orders
-- case: an enormous text by a number in a query
SELECT length(repeat('x', (SELECT 1000000000)))
-- case: enormous blanks by a number in a query
SELECT length(space((SELECT 16000000)))
-- case: a comment that eats the columns
SELECT #4 FROM customers
-- case: a comment that eats the columns of a subquery
SELECT (SELECT #4 FROM customers
)
