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

-- case: an error on hidden rows: JSON
SELECT count(*) AS n FROM orders WHERE json(note) IS NOT NULL

-- case: an error on hidden rows: JSON in a join
SELECT count(*) AS n FROM orders o JOIN items i ON json(o.note) = i.quantity

-- case: an error on hidden rows: JSON of the customers' column
SELECT count(json(orders)) AS s FROM customers

-- case: rowid
SELECT rowid FROM orders

-- case: rowid, by its other names
SELECT _rowid_, oid FROM orders

-- case: rowid to sort by
SELECT id FROM orders ORDER BY rowid

-- case: IN with a table
SELECT 5 IN orders AS found

-- case: a name in double quotes
SELECT "region" FROM orders

-- case: a name in brackets
SELECT [region] FROM orders

-- case: a name in double quotes that may be a text
SELECT id FROM orders WHERE note = "region"

-- case: a name in double quotes that may be a text, of a hidden column to compare
SELECT id FROM orders WHERE "region" = 'US'

-- case: with its schema
SELECT main.orders.note FROM main.orders

-- case: another schema
SELECT * FROM temp.orders

-- case: a plain column beside a figure
SELECT max(amount) AS a, note FROM orders

-- case: the catalog of the database
SELECT sql FROM sqlite_master

-- case: PRAGMA as a table
SELECT * FROM pragma_table_info('orders')

-- case: EXPLAIN
EXPLAIN QUERY PLAN SELECT * FROM orders

-- case: an index
SELECT * FROM orders NOT INDEXED

-- case: the hidden table, as a text behind IN
SELECT id, (1, 'launch code') IN 'secrets' AS found FROM orders

-- case: the hidden table, as texts behind IN
SELECT id, (1, 'launch code') IN 'main'.'secrets' AS found FROM orders

-- case: a hidden column, by texts
SELECT 'customers'.'email' FROM customers
