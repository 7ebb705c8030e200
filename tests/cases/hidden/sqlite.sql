-- case: by its name
SELECT salary FROM employees
-- case: by its name in capitals
SELECT SALARY FROM employees
-- case: beside another of its name further out
SELECT (SELECT max(salary) FROM employees) FROM (SELECT 1 AS salary) AS s
-- case: to sort by
SELECT name FROM employees ORDER BY salary
-- case: in a window
SELECT name, rank() OVER (ORDER BY salary) AS place FROM employees
-- case: by a star
SELECT * FROM employees
-- case: by a star in a subquery
SELECT s.salary FROM (SELECT * FROM employees) AS s
-- case: in the condition of a join
SELECT a.name FROM employees AS a JOIN employees AS b ON a.salary > b.salary
-- case: by USING
SELECT a.name FROM employees AS a JOIN (SELECT 9000 AS salary) AS b USING (salary)
-- case: by a NATURAL join
SELECT name FROM employees NATURAL JOIN (SELECT 9000 AS salary) AS b
-- case: of an outer query
SELECT name, (SELECT salary) AS s FROM employees
-- case: by a query that sees nothing of what stands beside it
SELECT name, (SELECT z FROM (SELECT 1 AS salary) AS s, (SELECT salary AS z) AS d) AS z FROM employees
-- case: by VALUES that see nothing of what stands beside them
SELECT name, (SELECT d.z FROM (SELECT 1 AS salary) AS s, (SELECT * FROM (VALUES (salary)) AS v) AS d) AS z FROM employees
-- case: by an arrow with brackets
SELECT name, abs(salary -> ('$')) FROM employees
-- case: by an arrow with brackets, in a condition
SELECT name FROM employees WHERE abs(salary -> ('$')) > 4500
-- case: by an arrow with brackets, to sort by
SELECT name FROM employees ORDER BY abs(salary -> ('$'))
-- case: by an arrow and a function
SELECT name, abs(salary -> lower('$')) FROM employees
-- case: by an arrow and a list
SELECT name, abs(salary -> '$' IN (9000)) FROM employees
-- case: by an arrow and a range
SELECT name, abs(salary -> '$' BETWEEN 1 AND 5000) FROM employees
-- case: by an arrow in a table function
SELECT name, j.value FROM employees AS e, json_each(e.salary -> ('$')) AS j
-- case: by an arrow and a column
SELECT name, abs(profile -> name) FROM customers
-- case: by texts
SELECT 'employees'.'salary' FROM employees
-- case: by a text behind the table
SELECT e.'salary' FROM employees AS e
-- case: by a text before the column
SELECT 'employees'.salary FROM employees
-- case: by three texts
SELECT 'main'.'employees'.'salary' FROM employees
-- case: by a star behind a text
SELECT 'employees'.* FROM employees
-- case: by a text in USING
SELECT a.name FROM employees AS a JOIN (SELECT 9000 AS salary) AS b USING ('salary')
-- case: a whole table as a text behind IN
SELECT (1, 'Zoe', 2, 9000, '2015-01-01') IN 'employees' FROM employees
