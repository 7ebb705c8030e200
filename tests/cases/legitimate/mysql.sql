-- case: everything
SELECT * FROM customers
-- case: columns that sound like commands
SELECT updated_at, created_at, deleted FROM customers WHERE updated_at IS NOT NULL OR NOT deleted
-- case: table that sounds like a command
SELECT id, message FROM update_log
-- case: DROP TABLE in a literal
SELECT 'DROP TABLE orders' FROM update_log WHERE message LIKE '%DROP TABLE%'
-- case: executable comment in a literal
SELECT '/*!50000 DROP TABLE orders */' AS x
-- case: leading comments of three kinds
-- one
# two
/* three */
SELECT COUNT(*) FROM customers
-- case: comment with an exclamation mark later
SELECT COUNT(*) /* all of them! */ FROM customers
-- case: trailing semicolon
SELECT 1;
-- case: backticks
SELECT `c`.`name` FROM `customers` AS `c`
-- case: names with blanks and keywords
SELECT n.`note id`, n.`order` FROM `Order Notes` n
-- case: names beyond ASCII
SELECT nome, größe FROM città
-- case: text in double quotes
SELECT name FROM customers WHERE region = "North" AND name <> "it's"
-- case: escapes in text
SELECT 'it\'s', 'a\\b', 'line\nnext', 'tab\t', '100\%'
-- case: text beyond ASCII
SELECT '¿qué? 日本'
-- case: alias that is a keyword
SELECT COUNT(*) AS `order`, MAX(price) AS `rank` FROM products
-- case: alias in quotes
SELECT region AS 'the region', name AS "the name" FROM customers
-- case: dual
SELECT 1 + 1 FROM DUAL
-- case: aggregates
SELECT COUNT(*), COUNT(DISTINCT region, deleted), SUM(customer_id), AVG(customer_id), STD(customer_id), VARIANCE(customer_id), BIT_OR(customer_id) FROM customers
-- case: group, having by an alias, order
SELECT region, COUNT(*) AS n FROM customers GROUP BY region HAVING n > 0 ORDER BY n DESC LIMIT 10
-- case: group by an alias
SELECT YEAR(ordered_on) AS y, COUNT(*) FROM orders GROUP BY y
-- case: with rollup
SELECT region, COUNT(*) FROM customers GROUP BY region WITH ROLLUP
-- case: limit with a comma
SELECT name FROM customers ORDER BY name LIMIT 1, 2
-- case: limit offset
SELECT name FROM customers ORDER BY name LIMIT 2 OFFSET 1
-- case: joins
SELECT c.name, o.order_id FROM customers c JOIN orders o ON c.customer_id = o.customer_id LEFT JOIN order_items i ON i.order_id = o.order_id
-- case: join using
SELECT customer_id, COUNT(*) FROM customers INNER JOIN orders USING (customer_id) GROUP BY customer_id
-- case: natural join
SELECT order_id, quantity FROM orders NATURAL JOIN order_items
-- case: straight join
SELECT c.name FROM customers c STRAIGHT_JOIN orders o ON c.customer_id = o.customer_id
-- case: comma join
SELECT c.name, o.status FROM customers c, orders o WHERE c.customer_id = o.customer_id
-- case: right join
SELECT o.order_id, c.name FROM customers c RIGHT JOIN orders o ON c.customer_id = o.customer_id
-- case: bracketed join
SELECT COUNT(*) FROM customers c LEFT JOIN (orders o JOIN order_items i ON o.order_id = i.order_id) ON c.customer_id = o.customer_id
-- case: self join
SELECT e.name, m.name AS manager FROM employees e LEFT JOIN employees m ON e.manager_id = m.employee_id
-- case: subquery in FROM
SELECT AVG(n) FROM (SELECT customer_id, COUNT(*) AS n FROM orders GROUP BY customer_id) AS q
-- case: correlated subquery
SELECT name, (SELECT MAX(o.ordered_on) FROM orders o WHERE o.customer_id = c.customer_id) FROM customers c
-- case: exists
SELECT name FROM customers c WHERE EXISTS (SELECT * FROM orders WHERE customer_id = c.customer_id)
-- case: in, any, all
SELECT name FROM products WHERE product_id IN (SELECT product_id FROM order_items) AND price >= ALL (SELECT 0) AND price = ANY (SELECT price FROM products)
-- case: row values
SELECT * FROM order_items WHERE (order_id, product_id) = (1, 2) OR (order_id, product_id) IN ((2, 3))
-- case: with
WITH busy AS (SELECT customer_id, COUNT(*) AS n FROM orders GROUP BY customer_id) SELECT c.name, busy.n FROM busy JOIN customers c USING (customer_id)
-- case: union
SELECT name FROM customers UNION SELECT name FROM products UNION ALL SELECT name FROM categories ORDER BY name LIMIT 3
-- case: intersect and except
SELECT region FROM customers INTERSECT SELECT 'North' EXCEPT SELECT 'x'
-- case: bracketed union
(SELECT name FROM customers ORDER BY name LIMIT 1) UNION (SELECT name FROM products ORDER BY name LIMIT 1)
-- case: hierarchy
WITH RECURSIVE tree AS (SELECT category_id, name, 0 AS depth FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.category_id, c.name, t.depth + 1 FROM categories c JOIN tree t ON c.parent_id = t.category_id) SELECT * FROM tree
-- case: numbers by recursion
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT SUM(i) FROM n
-- case: calendar by recursion
WITH RECURSIVE days(d) AS (SELECT DATE('2024-03-01') UNION ALL SELECT DATE_ADD(d, INTERVAL 1 DAY) FROM days WHERE d < '2024-03-31') SELECT d, COUNT(o.order_id) FROM days LEFT JOIN orders o ON o.ordered_on = d GROUP BY d
-- case: window functions
SELECT name, RANK() OVER (ORDER BY salary DESC), SUM(salary) OVER (PARTITION BY manager_id ORDER BY hired_on ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), LAG(salary) OVER (ORDER BY hired_on) FROM employees
-- case: named window
SELECT name, ROW_NUMBER() OVER w FROM employees WINDOW w AS (ORDER BY salary)
-- case: case
SELECT CASE WHEN price < 1 THEN 'cheap' ELSE 'dear' END, CASE category_id WHEN 1 THEN 'a' END, IF(price > 1, 'y', 'n') FROM products
-- case: nulls
SELECT COALESCE(email, '-'), IFNULL(email, '-'), NULLIF(region, 'x'), ISNULL(email), email IS NULL, email <=> NULL FROM customers
-- case: casts
SELECT CAST(price AS SIGNED), CAST(price AS CHAR), CAST(price AS DECIMAL(12, 4)), CONVERT(price, CHAR), CONVERT(name USING utf8mb4), CAST('2024-01-01' AS DATE), BINARY name FROM products
-- case: dates
SELECT DATE_FORMAT(ordered_on, '%Y-%m'), YEAR(ordered_on), MONTH(ordered_on), DAYNAME(ordered_on), QUARTER(ordered_on), WEEK(ordered_on, 1), DAYOFWEEK(ordered_on), LAST_DAY(ordered_on), DATE(updated_at), EXTRACT(YEAR FROM ordered_on), EXTRACT(YEAR_MONTH FROM ordered_on), TO_DAYS(ordered_on), UNIX_TIMESTAMP(updated_at) FROM orders
-- case: date arithmetic
SELECT DATE_ADD(ordered_on, INTERVAL 1 MONTH), DATE_SUB(ordered_on, INTERVAL 7 DAY), ordered_on + INTERVAL 1 YEAR, ordered_on - INTERVAL 3 DAY, DATEDIFF(updated_at, ordered_on), TIMESTAMPDIFF(MONTH, ordered_on, updated_at), TIMESTAMPADD(HOUR, 3, updated_at), TIMEDIFF('10:00:00', '09:00:00'), ADDDATE(ordered_on, 5), DATE_ADD(updated_at, INTERVAL '1:30' HOUR_MINUTE) FROM orders
-- case: now
SELECT COUNT(*) FROM orders WHERE ordered_on <= CURDATE() AND updated_at < NOW() AND ordered_on < CURRENT_DATE AND updated_at < CURRENT_TIMESTAMP AND updated_at < UTC_TIMESTAMP()
-- case: parsing dates
SELECT STR_TO_DATE('05/01/2024', '%d/%m/%Y'), FROM_UNIXTIME(0), MAKEDATE(2024, 5), DATE '2024-01-01', TIMESTAMP '2024-01-01 10:00:00', SEC_TO_TIME(90)
-- case: text functions
SELECT LOWER(name), UPPER(name), LENGTH(name), CHAR_LENGTH(name), TRIM(name), TRIM(LEADING 'A' FROM name), LTRIM(name), SUBSTRING(name, 1, 2), SUBSTRING(name FROM 2 FOR 1), SUBSTR(name, 2), MID(name, 1, 1), LEFT(name, 1), RIGHT(name, 1), REPLACE(name, 'a', 'b'), REVERSE(name), CONCAT(name, '-', region), CONCAT_WS(', ', name, region), POSITION('d' IN name), LOCATE('d', name), INSTR(name, 'd'), SUBSTRING_INDEX(email, '@', 1), LPAD(name, 10, '.'), REPEAT('-', 3), FIELD(name, 'Ada', 'Bob'), FIND_IN_SET('a', 'a,b'), ELT(1, 'a', 'b'), FORMAT(customer_id, 2), INSERT(name, 1, 1, 'x'), HEX(name), ASCII(name), CHAR(65, 66), STRCMP(name, 'x'), SPACE(3), QUOTE(name), SOUNDEX(name), MD5(name), SHA2(name, 256) FROM customers
-- case: patterns
SELECT name FROM customers WHERE name LIKE 'A%' OR name NOT LIKE '%x|%' ESCAPE '|' OR name REGEXP '^B' OR name RLIKE '^C' OR name NOT REGEXP 'x' OR name SOUNDS LIKE 'Ada'
-- case: pattern beside other conditions
SELECT name FROM customers WHERE (name REGEXP '^A' AND region = 'North') OR NOT name RLIKE 'b$'
-- case: regular expressions
SELECT REGEXP_REPLACE(name, '[aeiou]', '*'), REGEXP_SUBSTR(email, '@.*'), REGEXP_INSTR(name, 'd') FROM customers
-- case: numbers
SELECT ROUND(price, 1), CEIL(price), CEILING(price), FLOOR(price), ABS(-price), price % 2, price MOD 2, MOD(7, 3), 7 DIV 2, 7 / 2, POW(price, 2), SQRT(price), TRUNCATE(price, 1), GREATEST(price, 1), LEAST(price, 1), SIGN(price), CONV(10, 10, 2), 1e3, .5, 0x1F, x'41', b'101' FROM products
-- case: logic
SELECT * FROM customers WHERE (deleted = TRUE OR deleted IS FALSE) AND NOT (region = 'x' XOR region = 'y') AND deleted IS NOT NULL
-- case: symbols for logic
SELECT * FROM customers WHERE customer_id > 0 && region <> 'x' || !deleted
-- case: bits
SELECT 5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 4, 256 >> 2
-- case: group_concat
SELECT GROUP_CONCAT(name), GROUP_CONCAT(DISTINCT name ORDER BY price DESC SEPARATOR '; '), GROUP_CONCAT(name, ':', price) FROM products
-- case: JSON
SELECT JSON_EXTRACT(profile, '$.n'), JSON_UNQUOTE(JSON_EXTRACT(profile, '$.n')), JSON_VALUE(profile, '$.n'), JSON_CONTAINS(tags, '"a"'), JSON_LENGTH(tags), JSON_OBJECT('a', 1), JSON_ARRAY(1, 2), JSON_KEYS(profile), JSON_VALID(tags) FROM customers
-- case: JSON aggregates
SELECT JSON_ARRAYAGG(name), JSON_OBJECTAGG(name, price) FROM products
-- case: JSON_TABLE
SELECT c.name, j.tag FROM customers c, JSON_TABLE(c.tags, '$[*]' COLUMNS (tag VARCHAR(10) PATH '$')) AS j
-- case: collation
SELECT name FROM customers ORDER BY name COLLATE utf8mb4_bin
-- case: order by an expression and a field
SELECT name FROM customers ORDER BY FIELD(region, 'South', 'North'), LENGTH(name) DESC, name IS NULL
-- case: distinct
SELECT DISTINCT region FROM customers
-- case: distinct row
SELECT DISTINCTROW region FROM customers
-- case: between
SELECT * FROM orders WHERE ordered_on BETWEEN '2024-03-01' AND '2024-03-31' AND order_id NOT BETWEEN 7 AND 9
-- case: values
SELECT v.n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS v
-- case: adjacent literals
SELECT 'a' 'b' AS ab
-- case: interval function
SELECT NOW() > DATE_SUB(CURDATE(), INTERVAL 30 DAY)
-- case: top per group
SELECT * FROM (SELECT o.*, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_on DESC) AS place FROM orders o) AS q WHERE place = 1
-- case: conditional sum
SELECT SUM(status = 'open'), SUM(IF(status = 'open', 1, 0)), SUM(CASE WHEN status = 'open' THEN 1 ELSE 0 END) FROM orders
-- case: share of total
SELECT region, COUNT(*) / (SELECT COUNT(*) FROM customers) * 100 AS share FROM customers GROUP BY region
-- case: rand
SELECT name FROM customers ORDER BY RAND() LIMIT 1
-- case: member of an interval by months
SELECT PERIOD_DIFF(DATE_FORMAT(updated_at, '%Y%m'), DATE_FORMAT(ordered_on, '%Y%m')) FROM orders
-- case: hexadecimal numbers
SELECT 0xFF + 0, 0xF + 0, x'41', order_id FROM orders WHERE order_id = 0x2
-- case: interval with a fraction
SELECT ordered_on + INTERVAL 1.5 DAY, ordered_on + INTERVAL '1.5' DAY, ordered_on + INTERVAL 2 DAY FROM orders
-- case: interval with words
SELECT ordered_on + INTERVAL '3 days' DAY, ordered_on + INTERVAL '1:30' MINUTE_SECOND FROM orders
-- case: place among bounds
SELECT INTERVAL(5, 1, 10), order_id FROM orders
-- case: first of a group
SELECT customer_id, GROUP_CONCAT(order_id ORDER BY order_id DESC LIMIT 1) FROM orders GROUP BY customer_id
-- case: a character by its code
SELECT CHR(65), CHAR(65 USING utf8mb4)
-- case: today without brackets
SELECT count(*) FROM orders WHERE ordered_on < UTC_DATE
-- case: a join without a condition before an outer one
SELECT count(*) FROM orders o JOIN products p RIGHT JOIN customers c ON c.customer_id = o.customer_id
-- case: one text in two pieces
SELECT N'a' 'b', 'c' 'd'
-- case: days between a column and a date, units and words
SELECT DATEDIFF(ordered_on, '2024-01-01'), TIMESTAMPDIFF(MONTH, '2024-01-01', ordered_on), TIMESTAMPADD(DAY, order_id, ordered_on), GET_FORMAT(DATE, 'EUR') FROM orders
-- case: a column that is called like a unit
SELECT DATEDIFF(date, '2024-01-01') AS days, TIMESTAMPADD(DAY, month, date) AS later FROM (SELECT ordered_on AS date, order_id AS month FROM orders) AS o
-- case: aliases that differ in case
SELECT c.name, C.status FROM customers AS c JOIN orders AS C ON c.customer_id = C.customer_id

-- case: masked names
SELECT CONCAT(REPEAT('*', CHAR_LENGTH(name) - 2), RIGHT(name, 2)), LPAD(customer_id, 8, '0'), SUBSTRING_INDEX(SUBSTRING_INDEX(email, '@', -1), '.', 1) FROM customers
-- case: json of all rows, indented
SELECT JSON_PRETTY(JSON_ARRAYAGG(JSON_OBJECT('name', name, 'price', price))) FROM products
-- case: a sum with marks between its digits
SELECT FORMAT(sum(quantity), 2), FORMAT(max(unit_price) * 1000, 1) FROM order_items
-- case: a bar of a sum
SELECT order_id, repeat('#', sum(quantity)) FROM order_items GROUP BY order_id
