-- case: the hidden table, by name
SELECT * FROM secrets

-- case: the hidden table, in a subquery
SELECT (SELECT max(value) FROM secrets) AS v

-- case: the hidden table, in EXISTS
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM secrets WHERE secrets.value = 'launch code')

-- case: the hidden table, in a UNION
SELECT id FROM orders UNION SELECT id FROM secrets

-- case: a hidden column, selected
SELECT email FROM customers

-- case: a hidden column, by alias
SELECT c.email FROM customers c

-- case: a hidden column, to sort by
SELECT id FROM orders ORDER BY region

-- case: a hidden column, to group by
SELECT count(*) FROM orders GROUP BY region

-- case: a hidden column, in HAVING
SELECT customer_id FROM orders GROUP BY customer_id HAVING max(region) = 'US'

-- case: a hidden column, in a condition
SELECT id FROM customers WHERE email LIKE 'a%'

-- case: a hidden column, in a window
SELECT id, count(*) OVER (PARTITION BY region) FROM orders

-- case: a hidden column, to join by
SELECT a.id FROM orders a JOIN orders b USING (region)

-- case: a hidden column of a NATURAL JOIN
SELECT * FROM orders NATURAL JOIN customers

-- case: a hidden column, through a WITH query
WITH x AS (SELECT * FROM orders) SELECT region FROM x

-- case: a hidden column, through a derived table
SELECT x.region FROM (SELECT * FROM orders) AS x

-- case: a hidden column, in a subquery that an outer one may lend it
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM items WHERE orders.region = 'US')

-- case: a hidden column that another table has in sight
SELECT region FROM orders JOIN customers ON orders.customer_id = customers.id

-- case: hidden rows, counted
SELECT count(*) AS n FROM orders

-- case: hidden rows, counted over a join that drops none
SELECT count(*) AS n FROM items LEFT JOIN orders ON items.order_id = orders.id

-- case: hidden rows, missed by NOT EXISTS
SELECT product FROM items WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.id = items.order_id)

-- case: hidden rows, missed by NOT IN
SELECT product FROM items WHERE order_id NOT IN (SELECT id FROM orders)

-- case: hidden rows, missed by EXCEPT
SELECT order_id FROM items EXCEPT SELECT id FROM orders

-- case: hidden rows, by a condition that is always true
SELECT id FROM orders WHERE 1 = 1 OR customer_id IS NULL

-- case: hidden rows, on the other side of a self-join
SELECT b.note FROM orders a JOIN orders b ON a.amount < b.amount OR a.amount >= b.amount

-- case: hidden rows, through a table called like another
SELECT orders.name FROM customers AS orders

-- case: hidden rows, through a table called like another that is there as well
SELECT customers.note, orders.name FROM orders AS customers CROSS JOIN customers AS orders

-- case: hidden rows, where a WITH query is called like the table
WITH orders AS (SELECT * FROM orders) SELECT count(*) AS n FROM orders

-- case: hidden rows, where a WITH query further in is called like the table
SELECT count(*) AS n FROM orders WHERE id IN (WITH orders AS (SELECT 10 AS id) SELECT id FROM orders)

-- case: hidden rows, of a recursion that starts from the table
WITH RECURSIVE orders AS (SELECT id FROM orders UNION SELECT id + 1 FROM orders WHERE id < 20) SELECT * FROM orders

-- case: hidden rows, ranked
SELECT id, rank() OVER (ORDER BY amount) AS r FROM orders

-- case: the highest of hidden rows
SELECT max(amount) AS a, min(note) AS n FROM orders

-- case: hidden rows, by a correlated figure
SELECT c.name, (SELECT sum(o.amount) FROM orders o WHERE o.customer_id = c.id) AS total FROM customers c

-- case: hidden rows of a table with spaces in its name
SELECT count(*) AS n FROM "Mixed Case"

-- case: a column that is named like a table
SELECT orders FROM customers

-- case: a table that is named like a column
SELECT region.title FROM region

-- case: its hidden column, beside the column of that name
SELECT c.name, region.title FROM customers c JOIN region ON c.region = region.code

-- case: comments between the words
SELECT/**/*/**/FROM/**/orders

-- case: an error on hidden rows: a cast
SELECT count(*) AS n FROM orders WHERE CAST(note AS INTEGER) > 0

-- case: an error on hidden rows: a cast in a join
SELECT count(*) AS n FROM orders o JOIN items i ON CAST(o.note AS INTEGER) = i.quantity

-- case: an error on hidden rows: a cast of the customers' column
SELECT sum(CAST(orders AS INTEGER)) AS s FROM customers

-- case: rowid
SELECT rowid FROM orders

-- case: the whole row
SELECT orders FROM orders

-- case: the whole row, as a list
SELECT list(o) AS l FROM orders o

-- case: FROM first
FROM orders

-- case: COLUMNS
SELECT COLUMNS('.*') FROM orders

-- case: EXCLUDE
SELECT * EXCLUDE (id) FROM orders

-- case: EXCLUDE of a hidden column
SELECT * EXCLUDE (region) FROM orders

-- case: PIVOT
PIVOT orders ON note USING sum(amount)

-- case: UNPIVOT
UNPIVOT orders ON id, amount INTO NAME n VALUE v

-- case: PIVOT in FROM
SELECT * FROM orders PIVOT (sum(amount) FOR note IN ('5'))

-- case: a sample
SELECT count(*) AS n FROM orders TABLESAMPLE 100%

-- case: POSITIONAL JOIN
SELECT * FROM orders POSITIONAL JOIN customers

-- case: LATERAL
SELECT c.name, l.note FROM customers c, LATERAL (SELECT * FROM orders o WHERE o.customer_id = c.id) l

-- case: SEMI JOIN
SELECT o.id FROM orders o SEMI JOIN customers c ON o.customer_id = c.id

-- case: query_table
SELECT * FROM query_table('orders')

-- case: the table as a file
SELECT * FROM 'orders.parquet'

-- case: the catalog of the database
SELECT * FROM duckdb_tables()

-- case: information_schema
SELECT * FROM information_schema.columns

-- case: DESCRIBE
DESCRIBE orders

-- case: SUMMARIZE
SUMMARIZE orders

-- case: EXPLAIN
EXPLAIN ANALYZE SELECT * FROM orders

-- case: with its schema
SELECT main.orders.note FROM main.orders

-- case: with its database and schema
SELECT * FROM memory.main.orders

-- case: a place instead of a name
SELECT #5 FROM orders

-- case: columns renamed
SELECT * FROM orders AS o(a, b, c, d, e)

-- case: the hidden table, in a recursion by name that is none
WITH RECURSIVE secrets AS (SELECT 'x' AS value UNION BY NAME SELECT value FROM secrets) SELECT * FROM secrets

-- case: the hidden table, in an INTERSECT that is no recursion
WITH RECURSIVE secrets AS (SELECT 'launch code' AS value INTERSECT SELECT value FROM secrets) SELECT * FROM secrets
