-- case: characters changed by a made list
SELECT length(translate(repeat('a', 1 << 24), repeat('b', 1 << 18) || 'a', 'c'))
-- case: characters trimmed by a made list
SELECT length(trim(repeat('a', 1 << 22) || 'c', repeat('b', 1 << 18) || 'a'))
-- case: an enormous text, normalized
SELECT normalize(repeat('é', 1 << 27)) IS NULL
-- case: one value of long texts
SELECT string_agg(repeat('x', 10000), '') FROM generate_series(1, 25000)
-- case: one value of long texts, an array
SELECT array_agg(repeat('x', 10000) || g) FROM generate_series(1, 400000) g
-- case: one value of long texts, by a table
SELECT string_agg(repeat('x', 10000), '') FROM orders
-- case: an enormous text by the clock
SELECT repeat('x', extract(epoch FROM now())::int / 4)
-- case: an enormous text by a column without a name
SELECT repeat('x', (SELECT column1 FROM (VALUES (500000000)) t))
-- case: an enormous text by a star
SELECT repeat('x', (SELECT * FROM (VALUES (500000000)) t))
-- case: an enormous text by a read number
SELECT repeat('x', to_number('500000000', '999999999')::int)
-- case: a cast that pads
SELECT octet_length('x'::char(10000000))
-- case: endless recursion, a step that does not move
WITH RECURSIVE r(n, s) AS (SELECT 1, repeat('x', 9000) UNION ALL SELECT n * 1, s || '' FROM r WHERE n < 5) SELECT count(*) FROM r WHERE s <> ''
-- case: least() far below 0, turned round
SELECT repeat('x', abs(least(-50000000, 5)))
-- case: days between far dates
SELECT repeat('x', extract(day FROM now() - timestamp '0001-01-01')::int)
