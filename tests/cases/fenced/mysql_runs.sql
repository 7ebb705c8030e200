-- Sent straight to MySQL or MariaDB as the reader of docs/security.md, each of these runs and leaves nothing behind.
-- One a line. No privilege or read-only transaction stops them: the gate does, and resetting the session undoes them.
SELECT GET_LOCK('left', 1)
SELECT @left := 'behind'
SELECT SLEEP(0.01)
SELECT BENCHMARK(10, MD5('x'))
SELECT LOAD_FILE('/etc/hostname')
SELECT RELEASE_ALL_LOCKS()
SELECT LAST_INSERT_ID(99)
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
SELECT * FROM t LOCK IN SHARE MODE
SELECT 1 --1, LOAD_FILE('/etc/hostname')
SELECT /*!50000 LOAD_FILE('/etc/hostname') AS */ a FROM t
(SELECT 1 AS a)
