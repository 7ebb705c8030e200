-- case: everything
SELECT * FROM customers
-- case: columns that sound like commands
SELECT updated_at, created_at, deleted FROM customers WHERE updated_at IS NOT NULL OR NOT deleted
-- case: table that sounds like a command
SELECT id, message FROM update_log
-- case: DROP TABLE in a literal
SELECT 'DROP TABLE orders' FROM update_log WHERE message LIKE '%DROP TABLE%'
-- case: leading comments
-- the question
/* what for */ SELECT count(*) FROM customers
-- case: comment in the middle
SELECT name, -- the name
  region /* where */ FROM customers
-- case: trailing semicolon and blanks
SELECT 1 ;
-- case: byte order mark
﻿SELECT 1
-- case: text in double quotes
SELECT name FROM customers WHERE region = "North"
-- case: text in double quotes in IN and LIKE
SELECT name FROM customers WHERE region IN ("North", "South") AND name LIKE "%d%"
-- case: column in double quotes
SELECT "name", "Text" FROM customers, "Order Notes"
-- case: column in square brackets
SELECT [note id], [order] FROM [Order Notes]
-- case: column in backticks
SELECT `name` FROM `customers`
-- case: names beyond ASCII
SELECT nome, größe FROM città
-- case: alias in single quotes
SELECT region AS 'the region' FROM customers
-- case: case ignored
SELECT NAME FROM CUSTOMERS WHERE Region = 'North'
-- case: qualified by main
SELECT c.name FROM main.customers AS c
-- case: double equals
SELECT name FROM customers WHERE region == 'North' AND name <> 'x' AND name != 'y'
-- case: count, total, group_concat
SELECT count(*), count(DISTINCT region), total(customer_id), group_concat(name), group_concat(name, '; '), group_concat(DISTINCT region) FROM customers
-- case: bare column beside an aggregate
SELECT name, max(price) FROM products
-- case: group, having, order
SELECT region, count(*) AS n FROM customers GROUP BY region HAVING n > 0 ORDER BY n DESC LIMIT 5
-- case: limit with a comma
SELECT name FROM customers ORDER BY name LIMIT 1, 2
-- case: limit offset
SELECT name FROM customers ORDER BY name LIMIT 2 OFFSET 1
-- case: alias in WHERE
SELECT quantity * unit_price AS total FROM order_items WHERE total > 1
-- case: joins
SELECT c.name, o.order_id, i.quantity FROM customers c JOIN orders o ON c.customer_id = o.customer_id LEFT JOIN order_items i ON i.order_id = o.order_id
-- case: join using
SELECT customer_id, count(*) FROM customers JOIN orders USING (customer_id) GROUP BY customer_id
-- case: natural join
SELECT order_id, quantity FROM orders NATURAL JOIN order_items
-- case: comma join
SELECT T1.name, T2.status FROM customers AS T1, orders AS T2 WHERE T1.customer_id = T2.customer_id
-- case: self join
SELECT e.name, m.name FROM employees AS e LEFT OUTER JOIN employees AS m ON e.manager_id = m.employee_id
-- case: cross join
SELECT count(*) FROM customers CROSS JOIN products
-- case: bracketed join
SELECT count(*) FROM (customers c JOIN orders o ON c.customer_id = o.customer_id) JOIN order_items i ON i.order_id = o.order_id
-- case: subquery in FROM without an alias
SELECT avg(n) FROM (SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id)
-- case: correlated subquery
SELECT name, (SELECT max(ordered_on) FROM orders o WHERE o.customer_id = customers.customer_id) FROM customers
-- case: exists
SELECT name FROM customers c WHERE NOT EXISTS (SELECT * FROM orders WHERE customer_id = c.customer_id)
-- case: in
SELECT name FROM products WHERE product_id IN (SELECT product_id FROM order_items)
-- case: in a CTE by name
WITH wanted AS (SELECT product_id FROM order_items) SELECT name FROM products WHERE product_id IN wanted
-- case: row values
SELECT * FROM order_items WHERE (order_id, product_id) = (1, 2)
-- case: with
WITH n AS (SELECT customer_id, count(*) AS k FROM orders GROUP BY 1) SELECT name, k FROM customers JOIN n USING (customer_id)
-- case: with materialized
WITH x AS NOT MATERIALIZED (SELECT 1 AS a) SELECT a FROM x
-- case: set operations
SELECT name FROM customers UNION SELECT name FROM products EXCEPT SELECT name FROM categories ORDER BY 1
-- case: intersect
SELECT region FROM customers INTERSECT SELECT 'North'
-- case: union all
SELECT 1 AS a UNION ALL SELECT 2
-- case: values
VALUES (1, 'a'), (2, 'b')
-- case: values in a CTE
WITH v(n, word) AS (VALUES (1, 'one'), (2, 'two')) SELECT word FROM v WHERE n = 2
-- case: hierarchy
WITH RECURSIVE tree(id, name, depth) AS (SELECT category_id, name, 0 FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.category_id, c.name, depth + 1 FROM categories c JOIN tree ON c.parent_id = tree.id) SELECT * FROM tree
-- case: hierarchy by a comma join
WITH RECURSIVE boss(id, name) AS (SELECT employee_id, name FROM employees WHERE employee_id = 1 UNION SELECT e.employee_id, e.name FROM employees e, boss WHERE e.manager_id = boss.id) SELECT count(*) FROM boss
-- case: numbers by recursion
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT sum(i) FROM n
-- case: numbers by recursion with LIMIT
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20) SELECT max(i) FROM n
-- case: calendar by recursion
WITH RECURSIVE days(d) AS (SELECT date('2024-03-01') UNION ALL SELECT date(d, '+1 day') FROM days WHERE d < '2024-03-31') SELECT d, count(order_id) FROM days LEFT JOIN orders ON ordered_on = d GROUP BY d
-- case: splitting text by recursion
WITH RECURSIVE split(word, rest) AS (SELECT '', 'a,b,c' || ',' UNION ALL SELECT substr(rest, 1, instr(rest, ',') - 1), substr(rest, instr(rest, ',') + 1) FROM split WHERE rest <> '') SELECT word FROM split WHERE word <> ''
-- case: window functions
SELECT name, row_number() OVER (ORDER BY salary DESC), sum(salary) OVER (PARTITION BY manager_id ORDER BY hired_on ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), lag(salary) OVER (ORDER BY hired_on), ntile(2) OVER (ORDER BY salary) FROM employees
-- case: named window
SELECT name, rank() OVER w, dense_rank() OVER w FROM employees WINDOW w AS (ORDER BY salary)
-- case: frame by groups
SELECT ordered_on, count(*) OVER (ORDER BY ordered_on GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM orders
-- case: filter
SELECT count(*) FILTER (WHERE status = 'open') FROM orders
-- case: case
SELECT CASE WHEN price < 1 THEN 'cheap' ELSE 'dear' END, CASE category_id WHEN 1 THEN 'a' END, iif(price > 1, 'y', 'n') FROM products
-- case: nulls
SELECT coalesce(email, '-'), ifnull(email, '-'), nullif(region, 'x'), email IS NULL, email ISNULL, email NOTNULL, email NOT NULL FROM customers
-- case: is as equality
SELECT * FROM customers WHERE email IS 'c@x.org' OR email IS NOT NULL OR deleted IS TRUE
-- case: casts
SELECT CAST(price AS INTEGER), CAST(price AS TEXT), CAST('3' AS REAL), CAST(price AS NUMERIC), CAST(1 AS BLOB), CAST(2 AS varchar(10)) FROM products
-- case: dates
SELECT date('now'), date(ordered_on, '+1 month', 'start of month'), datetime('now', '-1 day'), strftime('%Y-%m', ordered_on), julianday('now') - julianday(ordered_on), time('12:00'), unixepoch(ordered_on) FROM orders
-- case: current time
SELECT CURRENT_DATE, CURRENT_TIMESTAMP, CURRENT_TIME
-- case: year of a date
SELECT CAST(strftime('%Y', ordered_on) AS INTEGER) AS year, count(*) FROM orders GROUP BY year
-- case: text functions
SELECT lower(name), upper(name), length(name), trim(name), ltrim(name, 'A'), rtrim(name), substr(name, 1, 2), substring(name, -2), replace(name, 'a', 'b'), instr(name, 'd'), name || '!', printf('%.2f', customer_id), format('%d', 3), hex(name), quote(name), char(65, 66), unicode('a'), trim(name, 'A') FROM customers
-- case: patterns
SELECT name FROM customers WHERE name LIKE 'a%' OR name GLOB 'B*' OR name NOT LIKE '%!%%' ESCAPE '!' OR name LIKE '%''s'
-- case: numbers
SELECT round(price, 1), abs(-price), price % 2, 7 / 2, 7.0 / 2, -price, +price, max(price, 1), min(price, 1), 1e3, .5, 5., 0x1F, random() > 0 FROM products
-- case: mathematics
SELECT ceil(price), floor(price), sqrt(price), power(price, 2), ln(price), log10(price), pi(), sign(price), mod(7, 3) FROM products
-- case: bits
SELECT 5 & 3, 5 | 3, ~5, 1 << 4, 256 >> 2
-- case: blob literal
SELECT x'4142', hex(x'4142')
-- case: collation
SELECT name FROM customers WHERE name = 'ada' COLLATE NOCASE ORDER BY name COLLATE NOCASE DESC
-- case: nulls last
SELECT email FROM customers ORDER BY email ASC NULLS LAST
-- case: rowid
SELECT rowid, oid, _rowid_, name FROM customers ORDER BY rowid
-- case: rowid by alias
SELECT c.rowid FROM customers c
-- case: JSON
SELECT json_extract(profile, '$.n'), profile ->> '$.n', profile -> '$.n', json_array(1, 2), json_object('a', 1), json_valid(profile), json_type(profile), json_array_length(tags) FROM customers
-- case: JSON each
SELECT c.name, j.value FROM customers c, json_each(c.tags) AS j
-- case: JSON each without an alias
SELECT name, json_each.value, key FROM customers, json_each(customers.tags)
-- case: JSON aggregates
SELECT json_group_array(name), json_group_object(name, price) FROM products
-- case: distinct
SELECT DISTINCT region FROM customers
-- case: order by an expression
SELECT name FROM customers ORDER BY length(name) DESC, lower(name)
-- case: between
SELECT * FROM orders WHERE ordered_on BETWEEN '2024-03-01' AND '2024-03-31' AND order_id NOT BETWEEN 5 AND 9
-- case: boolean words
SELECT count(*) FROM customers WHERE deleted = TRUE OR deleted = FALSE
-- case: likelihood
SELECT name FROM customers WHERE likely(region = 'North') OR unlikely(region = 'x')
-- case: typeof
SELECT typeof(price), typeof(NULL) FROM products
-- case: top per group
SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on DESC) AS place FROM orders o) WHERE place = 1
-- case: star of one table
SELECT c.*, o.status FROM customers c JOIN orders o USING (customer_id)
-- case: keyword-like aliases
SELECT count(*) AS "count", max(price) AS "max", min(price) "group" FROM products
-- case: nested subqueries
SELECT name FROM customers WHERE customer_id IN (SELECT customer_id FROM orders WHERE order_id IN (SELECT order_id FROM order_items WHERE product_id = (SELECT product_id FROM products WHERE name = 'Cola')))
-- case: comparison chain
SELECT price > 1 = 1 FROM products
-- case: full outer join
SELECT count(*) FROM customers c FULL OUTER JOIN orders o ON c.customer_id = o.customer_id
-- case: casts to types of other databases
SELECT CAST('5' AS DECIMAL) / 2, CAST(order_id AS NUMERIC) / 2, CAST('1.5' AS BOOLEAN), CAST('x' AS VARCHAR(3)) FROM orders
-- case: casts to dates, which make numbers
SELECT CAST(ordered_on AS DATE), CAST(ordered_on AS DATETIME), CAST('10:30' AS TIME), CAST('7' AS STRING) FROM orders
-- case: casts inside casts
SELECT CAST(CAST('3.7' AS REAL) AS INTEGER), CAST((SELECT max(order_id) AS m FROM orders) AS TEXT)
-- case: a query named as the table it reads
WITH orders AS (SELECT * FROM main.orders WHERE order_id > 1) SELECT count(*) FROM orders
-- case: numbers in columns
SELECT printf('%08d|%-20s|%.2f|%*d', order_id, status, 1.5, 6, order_id) FROM orders
-- case: json by an arrow with brackets inside a call
SELECT name, abs(profile -> ('$.n')), coalesce(profile ->> ('$.n'), 0) FROM customers
-- case: json by an arrow and a comparison inside a call
SELECT coalesce(profile -> '$.n' IN ('1', '3'), 0), coalesce(profile -> '$.n' BETWEEN '1' AND '2', 0) FROM customers
-- case: a query in FROM that sees the query around it
SELECT name, (SELECT z FROM (SELECT c.customer_id AS z) AS d) FROM customers AS c
-- case: aliases in other letters
SELECT C.name, "O".status FROM customers AS c JOIN orders AS o ON C.customer_id = O.customer_id

-- case: marks for a few bytes
SELECT replace(hex(zeroblob(5)), '00', '*')
-- case: names split that were joined
WITH RECURSIVE split(word, rest) AS (SELECT '', (SELECT group_concat(name) FROM customers) || ',' UNION ALL SELECT substr(rest, 1, instr(rest, ',') - 1), substr(rest, instr(rest, ',') + 1) FROM split WHERE rest <> '') SELECT word FROM split
-- case: stars by recursion
WITH RECURSIVE p(n, s) AS (SELECT 0, '' UNION ALL SELECT n + 1, s || '*' FROM p WHERE n < 10) SELECT s FROM p
-- case: a pattern by the price
SELECT printf(CASE WHEN price < 1 THEN '%.3f' ELSE '%.2f' END, price) FROM products
-- case: a pattern put together from parts
SELECT printf('%' || 20 || 's', name) FROM products
