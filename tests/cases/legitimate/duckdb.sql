-- case: everything
SELECT * FROM customers
-- case: columns that sound like commands
SELECT updated_at, created_at, deleted FROM customers WHERE updated_at IS NOT NULL AND NOT deleted
-- case: table that sounds like a command
SELECT id, message FROM update_log
-- case: DROP TABLE in a literal
SELECT 'DROP TABLE orders; DELETE FROM customers' AS text, message FROM update_log WHERE message LIKE '%DROP TABLE%'
-- case: leading comments
-- how many customers?
/* one
   more */
SELECT count(*) FROM customers
-- case: trailing comment
SELECT count(*) FROM customers -- all of them
-- case: trailing semicolon
SELECT 1;
-- case: lower-case keywords
select name from customers order by name limit 2
-- case: mixed case names
SELECT NAME, Region FROM Customers
-- case: byte order mark
﻿SELECT count(*) FROM orders
-- case: qualified by the default schema
SELECT c.name FROM main.customers AS c
-- case: names with blanks and keywords
SELECT n."note id", n."order", n."Text" FROM "Order Notes" AS n WHERE n."order" = 1
-- case: names beyond ASCII
SELECT nome, größe FROM città WHERE nome = 'Łódź'
-- case: literal with a quote
SELECT * FROM customers WHERE name = 'Cyd''s'
-- case: text beyond ASCII
SELECT '¿qué? 日本 🙂' AS x
-- case: alias in single quotes
SELECT region AS 'the region' FROM customers
-- case: alias that is a keyword
SELECT count(*) AS "order", sum(quantity) AS "select" FROM order_items
-- case: FROM first
FROM customers SELECT name WHERE region = 'North'
-- case: FROM alone
FROM products
-- case: prefix alias
SELECT total: quantity * unit_price FROM order_items
-- case: count and sum
SELECT count(*), count(DISTINCT customer_id), sum(order_id), avg(order_id), min(ordered_on), max(ordered_on) FROM orders
-- case: group, having, order, limit, offset
SELECT region, count(*) AS n FROM customers GROUP BY region HAVING count(*) > 0 ORDER BY n DESC, region LIMIT 10 OFFSET 0
-- case: group by all, order by all
SELECT region, deleted, count(*) FROM customers GROUP BY ALL ORDER BY ALL
-- case: group by number
SELECT region, count(*) FROM customers GROUP BY 1 ORDER BY 2 DESC
-- case: group by an alias
SELECT date_trunc('month', ordered_on) AS month, count(*) FROM orders GROUP BY month ORDER BY month
-- case: lateral alias
SELECT quantity * unit_price AS total, total * 1.2 AS gross FROM order_items WHERE total > 1
-- case: inner join
SELECT c.name, o.order_id FROM customers c JOIN orders o ON c.customer_id = o.customer_id
-- case: join using
SELECT customer_id, name, count(order_id) FROM customers LEFT JOIN orders USING (customer_id) GROUP BY customer_id, name
-- case: natural join
SELECT count(*) FROM orders NATURAL JOIN order_items
-- case: four tables
SELECT c.region, g.name AS category, sum(i.quantity * i.unit_price) AS revenue FROM customers c JOIN orders o USING (customer_id) JOIN order_items i USING (order_id) JOIN products p USING (product_id) JOIN categories g USING (category_id) GROUP BY ALL
-- case: comma join
SELECT c.name, o.order_id FROM customers c, orders o WHERE c.customer_id = o.customer_id
-- case: self join
SELECT e.name, m.name AS manager FROM employees e LEFT JOIN employees m ON e.manager_id = m.employee_id
-- case: full and cross joins
SELECT count(*) FROM customers FULL OUTER JOIN orders USING (customer_id) CROSS JOIN products
-- case: semi and anti joins
SELECT name FROM customers SEMI JOIN orders USING (customer_id) UNION ALL SELECT name FROM customers ANTI JOIN orders USING (customer_id)
-- case: asof join
SELECT o.order_id, q.price FROM orders o JOIN order_items i USING (order_id) ASOF JOIN quotes q ON i.product_id = q.product_id AND o.ordered_on >= q.quoted_at
-- case: lateral join
SELECT c.name, l.last FROM customers c, LATERAL (SELECT max(o.ordered_on) AS last FROM orders o WHERE o.customer_id = c.customer_id) AS l
-- case: bracketed join
SELECT count(*) FROM customers c LEFT JOIN (orders o JOIN order_items i ON o.order_id = i.order_id) ON c.customer_id = o.customer_id
-- case: subquery in FROM
SELECT avg(n) FROM (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id) AS per_customer
-- case: correlated subquery
SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) AS orders FROM customers c
-- case: exists
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = c.customer_id AND status = 'open')
-- case: in and not in
SELECT name FROM products WHERE product_id IN (SELECT product_id FROM order_items) AND product_id NOT IN (7, 8)
-- case: any and all
SELECT name FROM products WHERE price >= ALL (SELECT price FROM products) OR price = ANY (SELECT unit_price FROM order_items)
-- case: row values
SELECT * FROM order_items WHERE (order_id, product_id) = (1, 2) OR (order_id, product_id) IN ((2, 3), (3, 1))
-- case: with
WITH busy AS (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id), big AS (SELECT * FROM busy WHERE n > 1) SELECT c.name, big.n FROM big JOIN customers c USING (customer_id)
-- case: materialized with
WITH x AS MATERIALIZED (SELECT 1 AS a) SELECT a FROM x
-- case: with, named like a table
WITH orders AS (SELECT * FROM orders WHERE status = 'open') SELECT count(*) FROM orders
-- case: union, intersect, except
SELECT name FROM customers UNION SELECT name FROM products INTERSECT SELECT name FROM categories EXCEPT SELECT 'x' ORDER BY name
-- case: union by name
SELECT 1 AS a, 2 AS b UNION ALL BY NAME SELECT 3 AS b, 4 AS c
-- case: bracketed union
(SELECT name FROM customers ORDER BY name LIMIT 1) UNION ALL (SELECT name FROM products ORDER BY name LIMIT 1)
-- case: values
VALUES (1, 'a'), (2, 'b')
-- case: values in FROM
SELECT v.n, v.word FROM (VALUES (1, 'one'), (2, 'two')) AS v(n, word)
-- case: hierarchy
WITH RECURSIVE tree AS (SELECT category_id, name, 0 AS depth FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.category_id, c.name, t.depth + 1 FROM categories c JOIN tree t ON c.parent_id = t.category_id) SELECT * FROM tree ORDER BY depth
-- case: calendar by recursion
WITH RECURSIVE days(day) AS (SELECT DATE '2024-03-01' UNION ALL SELECT CAST(day + INTERVAL 1 DAY AS DATE) FROM days WHERE day < DATE '2024-03-31') SELECT day, count(o.order_id) FROM days LEFT JOIN orders o ON o.ordered_on = day GROUP BY day ORDER BY day
-- case: numbers by recursion
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT sum(i) FROM n
-- case: countdown by recursion
WITH RECURSIVE n AS (SELECT 10 AS i UNION ALL SELECT i - 1 FROM n WHERE i > 0) SELECT count(*) FROM n
-- case: series
SELECT i, d FROM generate_series(1, 12) AS s(i), range(DATE '2024-01-01', DATE '2024-01-03', INTERVAL 1 DAY) AS r(d)
-- case: window functions
SELECT name, salary, rank() OVER (ORDER BY salary DESC) AS place, sum(salary) OVER (PARTITION BY manager_id ORDER BY hired_on ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running, lag(salary, 1, 0) OVER (ORDER BY hired_on) FROM employees
-- case: named window
SELECT name, row_number() OVER w, avg(salary) OVER w FROM employees WINDOW w AS (PARTITION BY manager_id ORDER BY salary)
-- case: qualify
SELECT order_id, customer_id FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on DESC) = 1
-- case: range frame
SELECT ordered_on, count(*) OVER (ORDER BY ordered_on RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND CURRENT ROW) FROM orders
-- case: last_value ignoring nulls
SELECT order_id, last_value(updated_at IGNORE NULLS) OVER (ORDER BY order_id) FROM orders
-- case: filter
SELECT count(*) FILTER (WHERE status = 'shipped') AS shipped, count(*) FILTER (status = 'open') AS open FROM orders
-- case: rollup
SELECT region, deleted, count(*), grouping(region) FROM customers GROUP BY ROLLUP (region, deleted)
-- case: cube
SELECT region, deleted, count(*) FROM customers GROUP BY CUBE (region, deleted)
-- case: grouping sets
SELECT region, deleted, count(*) FROM customers GROUP BY GROUPING SETS ((region), (deleted), ())
-- case: pivot
PIVOT orders ON status USING count(*) GROUP BY customer_id
-- case: pivot in FROM
SELECT * FROM orders PIVOT (count(*) FOR status IN ('open', 'shipped') GROUP BY customer_id)
-- case: pivot in brackets
SELECT * FROM (PIVOT orders ON status IN ('open', 'shipped') USING count(order_id) GROUP BY customer_id) AS p ORDER BY customer_id
-- case: unpivot
UNPIVOT order_items ON quantity, unit_price INTO NAME what VALUE amount
-- case: unpivot in FROM
SELECT * FROM order_items UNPIVOT (amount FOR what IN (unit_price, discount))
-- case: exclude, replace, rename
SELECT * EXCLUDE (email) REPLACE (upper(name) AS name) FROM customers
-- case: COLUMNS with a pattern
SELECT COLUMNS('.*_at$') FROM customers
-- case: COLUMNS with a lambda
SELECT max(COLUMNS(c -> c LIKE '%price%')) FROM order_items
-- case: distinct on
SELECT DISTINCT ON (customer_id) customer_id, ordered_on FROM orders ORDER BY customer_id, ordered_on DESC
-- case: case
SELECT CASE WHEN price < 1 THEN 'cheap' WHEN price BETWEEN 1 AND 2 THEN 'fair' ELSE 'dear' END AS class, CASE status WHEN 'open' THEN 1 ELSE 0 END FROM products, orders
-- case: coalesce, nullif, ifnull, if
SELECT coalesce(email, name, ''), nullif(region, 'North'), ifnull(email, '-'), if(deleted, 1, 0) FROM customers
-- case: casts
SELECT CAST(price AS INTEGER), price::VARCHAR, TRY_CAST('x' AS INTEGER), '2024-01-01'::DATE, price::DECIMAL(12, 4) FROM products
-- case: dates
SELECT date_trunc('month', ordered_on), extract(year FROM ordered_on), date_part('dow', ordered_on), strftime(ordered_on, '%Y-%m'), ordered_on + INTERVAL 3 DAY, ordered_on - INTERVAL '1 month', year(ordered_on), monthname(ordered_on), dayname(ordered_on), last_day(ordered_on), date_diff('day', ordered_on, DATE '2024-12-31') FROM orders
-- case: today
SELECT count(*) FROM orders WHERE ordered_on <= current_date AND updated_at < now() AND ordered_on < today()
-- case: parsing dates
SELECT strptime('05/01/2024', '%d/%m/%Y'), make_date(2024, 1, 5), epoch(TIMESTAMP '2024-01-01 00:00:00'), to_timestamp(0), age(TIMESTAMP '2024-01-01', TIMESTAMP '2023-01-01')
-- case: interval arithmetic
SELECT INTERVAL '1' YEAR + INTERVAL 2 MONTHS, INTERVAL (order_id) DAY FROM orders
-- case: time bucket
SELECT time_bucket(INTERVAL '2 weeks', ordered_on) AS bucket, count(*) FROM orders GROUP BY bucket
-- case: text functions
SELECT lower(name), upper(name), length(name), trim(name), ltrim(name, 'A'), substring(name, 1, 2), substring(name FROM 2 FOR 1), left(name, 1), right(name, 1), replace(name, 'a', 'b'), reverse(name), name || '!', concat(name, '-', region), concat_ws(', ', name, region), position('d' IN name), strpos(name, 'd'), split_part(email, '@', 1), lpad(name, 10, '.'), repeat('-', 3), starts_with(name, 'A'), contains(name, 'b'), initcap_missing FROM (SELECT *, 1 AS initcap_missing FROM customers) AS c
-- case: patterns
SELECT name FROM customers WHERE name LIKE 'A%' OR name ILIKE '%b%' OR name NOT LIKE '%x!%%' ESCAPE '!' OR name SIMILAR TO '(A|B).*' OR name GLOB 'C*' OR regexp_matches(name, '^[A-C]')
-- case: regular expressions
SELECT regexp_extract(email, '@(.*)', 1), regexp_replace(name, '[aeiou]', '*', 'g'), regexp_full_match(name, 'A.*'), name ~ 'A.*', name !~ 'B.*' FROM customers
-- case: numbers
SELECT round(price, 1), ceil(price), floor(price), abs(-price), price % 2, 7 // 2, 2 ** 3, power(price, 2), sqrt(price), ln(price), greatest(price, 1), least(price, 1), sign(price), 1e3, .5, 0x1F FROM products
-- case: is distinct from
SELECT * FROM customers WHERE email IS DISTINCT FROM 'x' AND deleted IS NOT DISTINCT FROM false AND deleted IS NOT TRUE
-- case: medians and quantiles
SELECT median(price), quantile_cont(price, 0.9), quantile_cont(price, [0.25, 0.75]), percentile_cont(0.5) WITHIN GROUP (ORDER BY price), mode(category_id), stddev(price), corr(price, product_id) FROM products
-- case: arg_max and friends
SELECT arg_max(name, price), arg_min(name, price), max_by(name, price), first(name), any_value(name), max(name, 2), histogram(category_id) FROM products
-- case: text aggregates
SELECT string_agg(name, ', ' ORDER BY name), list(name ORDER BY price DESC), group_concat(name, ';'), array_agg(DISTINCT category_id) FROM products
-- case: lists
SELECT tags[1], tags[1:2], len(tags), list_contains(tags, 'a'), unnest(tags), list_sort(tags), array_to_string(tags, ','), [1, 2, 3], list_concat([1], [2]) FROM customers
-- case: list membership
SELECT name FROM customers WHERE 'a' IN tags OR list_has_any(tags, ['b'])
-- case: unnest in FROM
SELECT c.name, t.tag FROM customers c, unnest(c.tags) AS t(tag)
-- case: lambdas
SELECT list_transform(tags, t -> upper(t)), list_filter([1, 2, 3], lambda x: x > 1), list_reduce([1, 2, 3], (a, b) -> a + b) FROM customers
-- case: comprehension
SELECT [upper(t) FOR t IN tags IF t <> 'b'] FROM customers
-- case: method calls
SELECT name.upper(), tags.list_filter(t -> t = 'a') FROM customers
-- case: structs
SELECT s.a, s.b.c, {'x': 1, 'y': name}, struct_pack(k := 1) FROM (SELECT {'a': 1, 'b': {'c': 2}} AS s, name FROM customers) AS q
-- case: maps
SELECT MAP {'a': 1, 'b': 2}['a'], map_keys(MAP(['x'], [1]))
-- case: JSON
SELECT profile->>'$.n', profile->'n', json_extract(profile, '$.n'), json_extract_string(profile, '$.n'), json_keys(profile), to_json(name) FROM customers
-- case: JSON each
SELECT c.name, j.key, j.value FROM customers c, json_each(c.profile) AS j
-- case: sample
SELECT count(*) FROM orders USING SAMPLE 50%
-- case: tablesample
SELECT count(*) FROM orders TABLESAMPLE reservoir(2 ROWS)
-- case: positional join
SELECT * FROM customers POSITIONAL JOIN products
-- case: rowid
SELECT rowid, name FROM customers ORDER BY rowid
-- case: nulls last
SELECT email FROM customers ORDER BY email DESC NULLS LAST, name COLLATE NOCASE
-- case: limit percent
SELECT * FROM orders LIMIT 50%
-- case: whole row
SELECT c FROM customers AS c
-- case: bits
SELECT 5 & 3, 5 | 3, xor(5, 3), ~5, 1 << 4, 256 >> 2
-- case: parameters of aggregates
SELECT approx_quantile(price, 0.5), approx_count_distinct(name), bool_and(price > 0), product(price) FROM products
-- case: not and boolean words
SELECT NOT true AND false OR (NULL IS NULL)
-- case: deep but sane nesting
SELECT ((((((1 + 2) * 3) - 4) / 5) + 6) * 7)
-- case: long list
SELECT count(*) FROM orders WHERE order_id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
-- case: interval in the past
SELECT DATE '2024-03-31' + INTERVAL '10 days ago', INTERVAL '3 days -2 hours', INTERVAL '1.5 days'
-- case: json by an arrow inside a call
SELECT json_extract_string(profile -> 'n', '$'), coalesce(profile ->> 'n', 'none') FROM customers
-- case: json by two arrows inside a call
SELECT max(profile -> 'a' ->> 'b'), count(profile -> '$.n') FROM customers
-- case: pivot in order
PIVOT orders ON status USING count(*) GROUP BY customer_id ORDER BY customer_id LIMIT 2
-- case: unpivot in order
UNPIVOT order_items ON unit_price, discount INTO NAME what VALUE amount ORDER BY amount, what LIMIT 3
-- case: list of the rows of a query
SELECT array(SELECT order_id FROM orders ORDER BY order_id)
-- case: starts with
SELECT name FROM customers WHERE name ^@ 'A'
-- case: a table beside a query of its name
WITH orders AS (SELECT 1 AS order_id) SELECT (SELECT count(*) FROM main.orders), count(*) FROM orders
-- case: bars and padding
SELECT lpad(order_id::varchar, 8, '0') || lpad(status, 20, ' ') || rpad(status, 30, ' ') || rpad(status, 120, '.'), repeat('#', (order_id * 40 / (SELECT max(order_id) FROM orders))::int), bar(order_id, 0, 100000, 40), printf('%05.2f', 1.5), format('{:>20}', status) FROM orders
-- case: bars by condition
SELECT repeat('=', CASE WHEN order_id > 100000 THEN 20 ELSE round(100.0 * order_id / 250000)::int END), repeat(' ', 20 - length(coalesce(status, ''))) FROM orders
-- case: names that sound alike
SELECT name, damerau_levenshtein(lower(name), 'ada') AS far FROM customers WHERE levenshtein(upper(name), 'ADA') < 3
-- case: json by an arrow with brackets inside a call
SELECT name, json_extract_string(profile -> ('$.n'), '$') FROM customers
-- case: a lambda whose parameter has fields
SELECT list_transform([{'n': 1}, {'n': 2}], lambda x: x.n + 1), list_filter([1, 2, 3], lambda name: name > 1) FROM customers
-- case: a lambda within a lambda
SELECT list_transform([[1, 2], [3]], lambda x: list_transform(x, lambda y: y + len(x)))
-- case: a lambda with a query inside
SELECT name, list_transform([1, 2], lambda x: x + length(name)) FROM customers
-- case: columns like something in a subquery
SELECT name FROM (SELECT * LIKE 'n%' FROM customers) AS c WHERE name <> 'Bob'
-- case: what a semi-join joins is compared
SELECT * FROM customers AS c SEMI JOIN orders AS o ON c.customer_id = o.customer_id AND o.status = 'open'
-- case: an anti-join by a column of both
SELECT name FROM customers ANTI JOIN orders USING (customer_id)
-- case: a semi-join between joins
SELECT c.name, i.quantity FROM customers AS c JOIN orders AS o ON c.customer_id = o.customer_id SEMI JOIN products AS p ON p.product_id = o.order_id JOIN order_items AS i ON i.order_id = o.order_id
-- case: a query in FROM that sees what stands beside it
SELECT c.name, d.up FROM customers AS c, (SELECT upper(c.name) AS up) AS d
-- case: aliases in other letters
SELECT C.name, "O".status FROM customers AS c JOIN orders AS o ON C.customer_id = O.customer_id
-- case: calls behind dots
SELECT name.upper().lower(), c.name.length(), (name || region).upper(), [1, 2].list_transform(lambda x: x + 1), tags.list_filter(lambda name: name.upper() = 'A') FROM customers AS c
-- case: a call behind the dot of a query
SELECT (SELECT max(o.order_id) FROM orders AS o WHERE o.customer_id = c.customer_id).abs() FROM customers AS c

-- case: a bar for each group
SELECT status, repeat('#', (100.0 * count(*) / sum(count(*)) OVER ())::int), repeat('*', count(*)::int) FROM orders GROUP BY status
-- case: a bar by the largest group
WITH s AS (SELECT status, count(*) AS n FROM orders GROUP BY status), m AS (SELECT max(n) AS top FROM s) SELECT status, repeat('#', (n * 40 / top)::int) FROM s, m
-- case: a bar with a bound
SELECT repeat('x', least(order_id * order_id, 50)) FROM orders
-- case: lists of lists, joined
SELECT string_agg(line, '; ' ORDER BY line) FROM (SELECT customer_id, string_agg(status, ', ' ORDER BY status) AS line FROM orders GROUP BY customer_id)
-- case: marks replaced one by one
SELECT replace(replace(replace(replace(name, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;') FROM customers
-- case: many padded columns
SELECT lpad(name, 200, ' '), lpad(name, 200, ' '), rpad(name, 200, ' '), rpad(name, 200, ' ') FROM customers
-- case: lambdas over short lists
SELECT list_transform(range(12), lambda x: x * x), list_reduce(['a', 'b'], lambda a, b: a || '/' || b)
-- case: days from the first to the last
WITH b AS (SELECT min(ordered_on) AS lo, max(ordered_on) AS hi FROM orders) SELECT count(*) FROM b, generate_series(b.lo, b.hi, INTERVAL 1 DAY) AS s(d)
-- case: quarters of an hour
SELECT h FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-02', INTERVAL '15 minutes') AS s(h)
-- case: paths by recursion
WITH RECURSIVE tree(id, path, depth) AS (SELECT category_id, name, 0 FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.category_id, t.path || ' / ' || c.name, t.depth + 1 FROM categories c JOIN tree t ON c.parent_id = t.id WHERE t.depth < 50) SELECT repeat('  ', depth) || path FROM tree ORDER BY path
-- case: recursion that a negation ends
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE NOT i >= 10) SELECT sum(i) FROM n
-- case: recursion that a list ends
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i IN (1, 2, 3)) SELECT sum(i) FROM n
-- case: powers of two by recursion
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i * 2 FROM n WHERE i < 1000) SELECT sum(i) FROM n
-- case: hierarchy by IN
WITH RECURSIVE t AS (SELECT category_id FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.category_id FROM categories c WHERE c.parent_id IN (SELECT category_id FROM t)) SELECT count(*) FROM t
-- case: bars as long as a bounded count
SELECT repeat('#', least(quantity, 50)::INT) FROM order_items
-- case: the year of the month before
SELECT extract(year FROM ordered_on - INTERVAL 1 MONTH) FROM orders
-- case: a series up to a bound
SELECT n FROM range(0, least(5, 10)) t(n)
-- case: months between days that are made
SELECT d FROM generate_series(make_date(2024, 1, 1), make_date(2024, 12, 1), INTERVAL '1 month') AS s(d)
-- case: days from a text that is parsed
SELECT d FROM generate_series(strptime('2024-01-01', '%Y-%m-%d'), strptime('2024-12-31', '%Y-%m-%d'), INTERVAL 1 DAY) AS s(d)
-- case: days of the coming year
SELECT d FROM range(current_date, date_add(current_date, INTERVAL 1 YEAR), INTERVAL 1 DAY) AS s(d)
-- case: days counted between two days
SELECT DATE '2024-01-01' + i::INT AS day FROM range(date_diff('day', DATE '2024-01-01', DATE '2025-01-01')) AS r(i)
-- case: days counted between stored days
SELECT r.i FROM (SELECT min(ordered_on) AS lo, max(ordered_on) AS hi FROM orders) AS b, range(date_diff('day', b.lo, b.hi)) AS r(i)
-- case: days counted as a difference
SELECT r.i FROM range(DATE '2024-12-31' - DATE '2024-01-01') AS r(i)
-- case: days counted as a list
SELECT ordered_on, range(date_diff('day', ordered_on, DATE '2025-01-01')) FROM orders
-- case: minutes of the last day
SELECT t FROM generate_series(now() - INTERVAL '1 day', now(), INTERVAL '1 minute') AS s(t)
-- case: a quarter of an hour by the clock
SELECT t FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-02', '00:15:00'::INTERVAL) AS s(t)
-- case: days back from now
SELECT t FROM generate_series(current_date, current_date - INTERVAL 30 DAY, -INTERVAL 1 DAY) AS s(t)
-- case: numbers of rows, joined
SELECT order_id, string_agg(n, ' ') FROM (SELECT order_id, unnest(range(quantity)) AS n FROM order_items) GROUP BY order_id
-- case: numbers of rows beside it, joined
SELECT i.order_id, string_agg(n, ',') FROM order_items AS i, unnest(range(i.quantity)) AS u(n) GROUP BY i.order_id
-- case: a list joined by a lambda
SELECT list_reduce(list(name), lambda a, b: a || ', ' || b) FROM products
-- case: a numbered list
SELECT array_to_string(list_transform(list(name ORDER BY price), lambda x, i: i || '. ' || x), chr(10)) FROM products
-- case: a bar of a sum
SELECT order_id, repeat('#', sum(quantity)::INT), repeat('#', (sum(quantity) / 10)::INT) FROM order_items GROUP BY order_id
-- case: a bar of a sum by the largest
WITH t AS (SELECT product_id, sum(quantity) AS q FROM order_items GROUP BY product_id) SELECT product_id, repeat('#', (q * 50 / (SELECT max(q) FROM t))::INT) FROM t
-- case: a pattern by the price
SELECT printf(CASE WHEN price < 1 THEN '%.3f' ELSE '%.2f' END, price::DOUBLE) FROM products
-- case: a pattern put together from parts
SELECT printf('%' || 20 || 's', name) FROM products
