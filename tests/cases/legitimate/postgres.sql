-- case: everything
SELECT * FROM customers
-- case: columns that sound like commands
SELECT updated_at, created_at, deleted FROM customers WHERE updated_at IS NOT NULL OR NOT deleted
-- case: table that sounds like a command
SELECT id, message FROM update_log
-- case: DROP TABLE in a literal
SELECT 'DROP TABLE orders; --' FROM update_log WHERE message LIKE '%DROP TABLE%'
-- case: leading comments, one nested
/* a /* b */ c */ -- d
SELECT count(*) FROM customers
-- case: trailing semicolon
SELECT 1;
-- case: folded names
SELECT NAME, C.Region FROM CUSTOMERS AS c
-- case: quoted names with blanks and keywords
SELECT n."note id", n."order", "Text" FROM "Order Notes" n
-- case: names beyond ASCII
SELECT nome, größe FROM città
-- case: default schema
SELECT c.name FROM public.customers c
-- case: column by schema and table
SELECT public.customers.name FROM public.customers
-- case: alias that is a keyword
SELECT count(*) AS "order", max(price) AS "user" FROM products
-- case: alias without AS
SELECT count(*) total FROM customers
-- case: dollar quotes
SELECT $$it's$$ AS x, $tag$a $$ b$tag$ AS y
-- case: escape string
SELECT E'line\nnext', E'it\'s', e'back\\slash'
-- case: text beyond ASCII
SELECT '¿qué? 日本 🙂'
-- case: table command
TABLE products
-- case: aggregates
SELECT count(*), count(DISTINCT region), sum(customer_id), avg(customer_id)::numeric(10, 2), bool_and(deleted), every(deleted) FROM customers
-- case: group, having, order
SELECT region, count(*) AS n FROM customers GROUP BY region HAVING count(*) > 0 ORDER BY n DESC NULLS LAST, region LIMIT 10 OFFSET 0
-- case: group by number and alias
SELECT date_trunc('month', ordered_on) AS month, count(*) FROM orders GROUP BY 1 ORDER BY month
-- case: fetch first
SELECT name FROM customers ORDER BY name FETCH FIRST 2 ROWS ONLY
-- case: fetch with ties
SELECT name FROM customers ORDER BY region FETCH FIRST 1 ROW WITH TIES
-- case: joins
SELECT c.name, o.order_id FROM customers c JOIN orders o ON c.customer_id = o.customer_id LEFT JOIN order_items i ON i.order_id = o.order_id RIGHT JOIN products p ON p.product_id = i.product_id
-- case: join using with an alias
SELECT customer_id, count(*) FROM customers JOIN orders USING (customer_id) GROUP BY customer_id
-- case: natural join
SELECT order_id, quantity FROM orders NATURAL JOIN order_items
-- case: comma and cross join
SELECT count(*) FROM customers c, orders o CROSS JOIN products
-- case: bracketed join
SELECT count(*) FROM customers c LEFT JOIN (orders o JOIN order_items i USING (order_id)) ON c.customer_id = o.customer_id
-- case: lateral
SELECT c.name, l.ordered_on FROM customers c LEFT JOIN LATERAL (SELECT o.ordered_on FROM orders o WHERE o.customer_id = c.customer_id ORDER BY 1 DESC LIMIT 1) l ON true
-- case: self join
SELECT e.name, m.name AS manager FROM employees e LEFT JOIN employees m ON e.manager_id = m.employee_id
-- case: subquery in FROM
SELECT avg(n) FROM (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) AS q
-- case: correlated subquery
SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) FROM customers c
-- case: exists, in, any, all
SELECT name FROM products p WHERE EXISTS (SELECT 1 FROM order_items i WHERE i.product_id = p.product_id) AND product_id IN (SELECT product_id FROM order_items) AND price >= ALL (SELECT 0) AND product_id = ANY (ARRAY[1, 2, 3])
-- case: any of a text array
SELECT name FROM customers WHERE region = ANY ('{North,South}'::text[]) AND name ILIKE ANY (ARRAY['a%', 'b%'])
-- case: row values
SELECT * FROM order_items WHERE (order_id, product_id) IN ((1, 2), (2, 3)) AND ROW(order_id, product_id) <> ROW(9, 9)
-- case: with
WITH busy AS (SELECT customer_id, count(*) AS n FROM orders GROUP BY 1), big AS MATERIALIZED (SELECT * FROM busy WHERE n > 1) SELECT c.name, big.n FROM big JOIN customers c USING (customer_id)
-- case: with, named like a table
WITH orders AS (SELECT * FROM orders WHERE status = 'open') SELECT count(*) FROM orders
-- case: with, quoted and mixed case
WITH "Busy" AS (SELECT 1 AS "N") SELECT "N" FROM "Busy"
-- case: set operations
(SELECT name FROM customers UNION SELECT name FROM products) EXCEPT SELECT name FROM categories ORDER BY name
-- case: intersect all
SELECT region FROM customers INTERSECT ALL SELECT 'North'
-- case: values
VALUES (1, 'a'), (2, 'b') ORDER BY 1
-- case: values in FROM
SELECT v.word FROM (VALUES (1, 'one'), (2, 'two')) AS v(n, word) WHERE v.n = 2
-- case: hierarchy
WITH RECURSIVE tree AS (SELECT category_id, name, ARRAY[category_id] AS path FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.category_id, c.name, t.path || c.category_id FROM categories c JOIN tree t ON c.parent_id = t.category_id) SELECT name, array_length(path, 1) FROM tree
-- case: hierarchy that guards against cycles
WITH RECURSIVE boss(id, path) AS (SELECT employee_id, ARRAY[employee_id] FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.employee_id, b.path || e.employee_id FROM employees e, boss b WHERE e.manager_id = b.id AND NOT e.employee_id = ANY (b.path)) SELECT count(*) FROM boss
-- case: calendar by recursion
WITH RECURSIVE days AS (SELECT DATE '2024-03-01' AS day UNION ALL SELECT (day + INTERVAL '1 day')::date FROM days WHERE day < DATE '2024-03-31') SELECT day, count(o.order_id) FROM days LEFT JOIN orders o ON o.ordered_on = day GROUP BY day
-- case: numbers by recursion
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT sum(i) FROM n
-- case: series
SELECT d::date FROM generate_series('2024-01-01'::date, '2024-01-10'::date, '1 day') AS d
-- case: series with ordinality
SELECT s.v, s.n FROM generate_series(10, 50, 10) WITH ORDINALITY AS s(v, n)
-- case: calendar by a series
SELECT m.month, count(o.order_id) FROM generate_series(timestamp '2024-01-01', timestamp '2024-06-01', interval '1 month') AS m(month) LEFT JOIN orders o ON date_trunc('month', o.ordered_on) = m.month GROUP BY m.month ORDER BY m.month
-- case: rows from
SELECT a, b FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS t(a, b)
-- case: window functions
SELECT name, rank() OVER (ORDER BY salary DESC), sum(salary) OVER (PARTITION BY manager_id ORDER BY hired_on ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), lead(name, 1, '-') OVER w, ntile(4) OVER w, first_value(name) OVER w FROM employees WINDOW w AS (ORDER BY hired_on)
-- case: range frame
SELECT ordered_on, count(*) OVER (ORDER BY ordered_on RANGE BETWEEN '30 days' PRECEDING AND CURRENT ROW) FROM orders
-- case: filter
SELECT count(*) FILTER (WHERE status = 'shipped') FROM orders
-- case: grouping sets
SELECT region, deleted, count(*), grouping(region, deleted) FROM customers GROUP BY GROUPING SETS ((region, deleted), (region), ())
-- case: rollup and cube
SELECT region, deleted, count(*) FROM customers GROUP BY ROLLUP (region), CUBE (deleted)
-- case: distinct on
SELECT DISTINCT ON (customer_id) customer_id, ordered_on FROM orders ORDER BY customer_id, ordered_on DESC
-- case: case
SELECT CASE WHEN price < 1 THEN 'cheap' ELSE 'dear' END, CASE category_id WHEN 1 THEN 'a' END FROM products
-- case: coalesce and friends
SELECT coalesce(email, '-'), nullif(region, 'x'), greatest(customer_id, 2), least(customer_id, 2), num_nulls(email, region) FROM customers
-- case: casts
SELECT price::text, CAST(price AS integer), '2024-01-01'::date, price::float8, price::numeric(12, 4), '1'::int::bigint, 'a'::varchar(3), true::int, '10:00'::time, '1 day'::interval FROM products
-- case: dates
SELECT date_trunc('quarter', ordered_on), extract(year FROM ordered_on), extract(epoch FROM updated_at), date_part('dow', ordered_on), to_char(ordered_on, 'YYYY-MM'), ordered_on + 7, ordered_on - INTERVAL '1 month', age(updated_at, ordered_on), ordered_on + INTERVAL '1 year 2 months', updated_at AT TIME ZONE 'UTC', updated_at::date FROM orders
-- case: intervals
SELECT INTERVAL '3 days' * 2, make_interval(days => 3), INTERVAL '1' YEAR, justify_days(INTERVAL '40 days'), CURRENT_DATE - INTERVAL '30 days'
-- case: now
SELECT count(*) FROM orders WHERE ordered_on <= CURRENT_DATE AND updated_at < now() AND updated_at < CURRENT_TIMESTAMP AND updated_at < LOCALTIMESTAMP
-- case: parsing dates
SELECT to_date('05/01/2024', 'DD/MM/YYYY'), to_timestamp(0), to_timestamp('2024', 'YYYY'), make_date(2024, 1, 5), DATE '2024-01-01', TIMESTAMP '2024-01-01 10:00:00', date_bin('15 minutes', TIMESTAMP '2024-01-01 10:07:00', TIMESTAMP '2024-01-01')
-- case: overlaps
SELECT (DATE '2024-01-01', DATE '2024-02-01') OVERLAPS (DATE '2024-01-15', INTERVAL '10 days')
-- case: text functions
SELECT lower(name), upper(name), initcap(name), length(name), char_length(name), trim(name), trim(both 'A' from name), btrim(name, 'A'), substring(name, 1, 2), substring(name from 2 for 1), substring(name from '^.'), left(name, 1), right(name, 1), replace(name, 'a', 'b'), reverse(name), name || '!', concat(name, '-', region), concat_ws(', ', name, region), position('d' in name), strpos(name, 'd'), split_part(email, '@', 1), lpad(name, 10, '.'), repeat('-', 3), overlay(name placing 'x' from 1 for 1), format('%s (%s)', name, region), translate(name, 'a', 'b'), md5(name), starts_with(name, 'A') FROM customers
-- case: patterns
SELECT name FROM customers WHERE name LIKE 'A%' OR name ILIKE '%b%' OR name NOT LIKE '%x!%' ESCAPE '!' OR name SIMILAR TO '(A|B)%' OR name ~ '^A' OR name ~* '^b' OR name !~ 'x' OR name !~* 'y'
-- case: regular expressions
SELECT regexp_replace(name, '[aeiou]', '*', 'g'), regexp_match(email, '@(.*)'), (regexp_match(email, '@(.*)'))[1], regexp_split_to_array(name, '') FROM customers
-- case: regular expression sets
SELECT name, m[1] FROM customers, regexp_matches(name, '[a-z]', 'g') AS m
-- case: numbers
SELECT round(price, 1), ceil(price), floor(price), abs(-price), price % 2, 7 / 2, div(7, 2), power(price, 2), price ^ 2, sqrt(price), ln(price), trunc(price, 1), width_bucket(price, 0, 10, 5), 1e3, .5, mod(7, 3) FROM products
-- case: is distinct from
SELECT * FROM customers WHERE email IS DISTINCT FROM 'x' AND deleted IS NOT TRUE AND deleted IS NOT UNKNOWN AND updated_at IS NULL
-- case: between symmetric
SELECT * FROM products WHERE price BETWEEN SYMMETRIC 3 AND 1
-- case: percentiles
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price), percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY price DESC), mode() WITHIN GROUP (ORDER BY category_id), stddev_samp(price), corr(price, product_id) FROM products
-- case: percentile per group
SELECT category_id, percentile_cont(0.9) WITHIN GROUP (ORDER BY price) FROM products GROUP BY category_id
-- case: text and array aggregates
SELECT string_agg(name, ', ' ORDER BY name), string_agg(DISTINCT name, ';'), array_agg(name ORDER BY price DESC), array_agg(DISTINCT category_id) FILTER (WHERE price > 0), json_agg(name), jsonb_object_agg(name, price) FROM products
-- case: arrays
SELECT tags[1], tags[1:2], array_length(tags, 1), cardinality(tags), 'a' = ANY (tags), tags @> ARRAY['a'], tags && ARRAY['b'], array_to_string(tags, ','), array_position(tags, 'a'), ARRAY[1, 2] || 3, ARRAY(SELECT name FROM products) FROM customers
-- case: unnest
SELECT c.name, t.tag, t.n FROM customers c, unnest(c.tags) WITH ORDINALITY AS t(tag, n)
-- case: unnest in SELECT
SELECT name, unnest(tags) FROM customers
-- case: JSON
SELECT profile -> 'n', profile ->> 'n', profile #> '{n}', profile #>> '{n}', profile @> '{"n": 1}'::jsonb, profile ? 'n', profile ?| ARRAY['n', 'm'], jsonb_typeof(profile), (profile ->> 'n')::int, jsonb_build_object('a', 1), jsonb_path_query_first(profile, '$.n'), to_jsonb(name), row_to_json(c) FROM customers c
-- case: JSON each
SELECT c.name, j.key, j.value FROM customers c, jsonb_each(c.profile) AS j
-- case: JSON each text
SELECT key, value FROM customers, jsonb_each_text(profile)
-- case: JSON to record
SELECT r.n FROM customers c, jsonb_to_record(c.profile) AS r(n int)
-- case: JSON array elements
SELECT e.value ->> 'a' FROM jsonb_array_elements('[{"a": 1}]'::jsonb) AS e
-- case: full-text search
SELECT name FROM products WHERE to_tsvector('english', name) @@ to_tsquery('english', 'juice') ORDER BY ts_rank(to_tsvector(name), plainto_tsquery('juice'))
-- case: ranges
SELECT daterange('2024-01-01', '2024-02-01') @> DATE '2024-01-15', int4range(1, 5) && int4range(3, 8), lower(numrange(1, 2)), tsrange('2024-01-01', NULL)
-- case: sample
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (50) REPEATABLE (1)
-- case: collation
SELECT name FROM customers ORDER BY name COLLATE "C"
-- case: whole row and its fields
SELECT c, (c).name, c.* FROM customers c
-- case: system columns
SELECT ctid, tableoid FROM customers
-- case: bits
SELECT 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4
-- case: variadic
SELECT concat_ws(',', VARIADIC ARRAY['a', 'b'])
-- case: order by using nulls first
SELECT email FROM customers ORDER BY email ASC NULLS FIRST
-- case: scalar subquery in LIMIT
SELECT * FROM orders LIMIT (SELECT 2)
-- case: limit all
SELECT * FROM orders LIMIT ALL
-- case: share of total
SELECT region, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share FROM customers GROUP BY region
-- case: cohort
WITH first AS (SELECT customer_id, min(date_trunc('month', ordered_on)) AS month FROM orders GROUP BY customer_id) SELECT f.month, count(DISTINCT o.customer_id) FILTER (WHERE date_trunc('month', o.ordered_on) = f.month + INTERVAL '1 month') FROM first f JOIN orders o USING (customer_id) GROUP BY f.month
-- case: only
SELECT name FROM ONLY customers
-- case: boolean literals
SELECT * FROM customers WHERE deleted = false AND deleted = 'f' AND true
-- case: interval of years and months
SELECT INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1-2' YEAR, INTERVAL '1.5' DAY, INTERVAL '2' MONTH
-- case: interval in the past
SELECT order_id FROM orders WHERE ordered_on > date '2024-04-01' + interval '10 days ago'
-- case: interval types
SELECT CAST('1' AS interval day), '1'::interval minute, interval '1 day -2:00', interval 'PT1H30M'
-- case: interval with a fraction
SELECT TIMESTAMP '2024-03-01' + interval '1.5 days' AS t, interval '90' second
-- case: list of queries
SELECT ARRAY[(SELECT order_id FROM orders WHERE false), 2], ARRAY[(SELECT max(order_id) FROM orders)]
-- case: list of the rows of a query
SELECT ARRAY(SELECT order_id FROM orders ORDER BY order_id)
-- case: date_part gives a float
SELECT date_part('day', ordered_on) / 3 FROM orders
-- case: starts with
SELECT name FROM customers WHERE name ^@ 'A'
-- case: compared with a whole list
SELECT order_id FROM orders WHERE order_id <> ALL (ARRAY[1, 2]) AND order_id = SOME (ARRAY[3, 4])
-- case: addresses of the internet
SELECT host(inet '10.0.0.1/24'), masklen(inet '10.0.0.1/24'), network(inet '10.0.0.1/24')
-- case: rows as json
SELECT row_to_json(t), (t).status, count(t) OVER () FROM (SELECT status, ordered_on FROM orders) t
-- case: fields of rows that functions give
SELECT e.key, e.value, (jsonb_each(c.profile)).key FROM customers c, jsonb_each(c.profile) e
-- case: a table beside a query of its name
WITH orders AS (SELECT 1 AS order_id) SELECT (SELECT count(*) FROM public.orders), count(*) FROM orders
-- case: tables as text
SELECT md5(string_agg(o::text, ',' ORDER BY o.order_id)) FROM orders o
-- case: bars and padding
SELECT lpad(order_id::text, 8, '0') || rpad(status, 120), repeat('#', (order_id * 40 / (SELECT max(order_id) FROM orders))::int), format('%-20s|%s', status, order_id) FROM orders
-- case: json by an arrow with brackets inside a call
SELECT name, to_json(profile -> ('n')), jsonb_typeof(profile -> lower('N')) FROM customers
-- case: json by an arrow and a column inside a call
SELECT jsonb_typeof(profile -> region), coalesce(profile -> 'n' IN ('1', '3'), false) FROM customers
-- case: aliases that differ in case
SELECT c.name, "C".status FROM customers AS c JOIN orders AS "C" ON c.customer_id = "C".customer_id
-- case: an alias in quotes around one without
SELECT (SELECT min(c.order_id) FROM orders AS c WHERE c.customer_id = "C".customer_id) FROM customers AS "C"
-- case: a lateral query beside another that sees nothing
SELECT c.name, d.up, e.one FROM customers AS c, LATERAL (SELECT upper(c.name) AS up) AS d, (SELECT 1 AS one) AS e
-- case: rows without columns
SELECT count(*) FROM (SELECT FROM customers) AS c WHERE EXISTS (SELECT FROM orders)

-- case: documents in documents
SELECT json_agg(json_build_object('id', c.customer_id, 'orders', (SELECT json_agg(json_build_object('id', o.order_id, 'items', (SELECT json_agg(json_build_object('p', i.product_id, 'q', i.quantity) ORDER BY i.product_id) FROM order_items i WHERE i.order_id = o.order_id)) ORDER BY o.order_id) FROM orders o WHERE o.customer_id = c.customer_id)) ORDER BY c.customer_id)::text FROM customers c
-- case: the last six months
SELECT generate_series(date_trunc('month', DATE '2024-07-01' - interval '6 months'), date_trunc('month', DATE '2024-07-01' - interval '1 month'), '1 month')::date
-- case: hours as text
SELECT to_char(d, 'YYYY-MM-DD HH24') FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-02', interval '1 hour') d
-- case: bars as long as a bounded count
SELECT repeat('*', least(count(*), 50)::int) FROM orders
-- case: the year of the next month
SELECT extract(year FROM ordered_on + interval '1 month') FROM orders
-- case: months between days that are made
SELECT d FROM generate_series(make_date(2024, 1, 1), make_date(2024, 12, 1), interval '1 month') AS s(d)
-- case: months from a text that is parsed
SELECT d FROM generate_series(to_date('2024-01', 'YYYY-MM'), to_date('2024-12', 'YYYY-MM'), interval '1 month') AS s(d)
-- case: hours from a moment that is parsed
SELECT d FROM generate_series(to_timestamp('2024-01-01 00', 'YYYY-MM-DD HH24'), '2024-01-02'::timestamptz, '1 hour') AS s(d)
-- case: days counted up to today
SELECT '2024-01-01'::date + i AS day FROM generate_series(0, current_date - '2024-01-01'::date) AS s(i)
-- case: days counted between two days
SELECT '2024-01-01'::date + i AS day FROM generate_series(0, '2024-12-31'::date - '2024-01-01'::date) AS s(i)
-- case: minutes of the last day
SELECT t FROM generate_series(now() - interval '1 day', now(), '1 minute') AS s(t)
-- case: every five minutes of the last hours
SELECT t FROM generate_series(date_trunc('hour', now()) - interval '6 hours', now(), '5 minutes') AS s(t)
-- case: days back from now
SELECT t FROM generate_series(now(), now() - interval '30 days', -interval '1 day') AS s(t)
-- case: a quarter of an hour by the clock
SELECT t FROM generate_series('2024-01-01'::timestamp, '2024-01-02', '00:15:00') AS s(t)
-- case: days back, by a negative text
SELECT t FROM generate_series(now(), now() - interval '30 days', '-1 day') AS s(t)
-- case: json of whole rows, indented
SELECT jsonb_pretty(jsonb_agg(to_jsonb(o))) FROM orders AS o
-- case: a bar by the bucket
SELECT name, repeat('*', width_bucket(price, 0, 100, 10)) FROM products
-- case: a bar of a sum
SELECT order_id, repeat('#', sum(quantity)::int), repeat('#', (sum(quantity) / 10)::int) FROM order_items GROUP BY order_id
-- case: a bar of a sum by the largest
WITH t AS (SELECT product_id, sum(quantity) AS q FROM order_items GROUP BY product_id) SELECT product_id, repeat('#', (q * 50 / (SELECT max(q) FROM t))::int) FROM t
-- case: a pattern by the price
SELECT format(CASE WHEN price < 1 THEN 'only %s' ELSE '%s' END, price) FROM products
