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
-- case: by an alias that differs in case
SELECT name, (SELECT e.salary FROM (SELECT 1 AS salary) AS E) AS s FROM employees AS e
-- case: by an alias that differs in case, in a condition
SELECT name FROM employees AS e WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS salary) AS E WHERE e.salary > 4500)
-- case: by a function of INSERT
SELECT VALUES(salary) FROM employees
-- case: by a query that sees nothing of what stands beside it
SELECT name, (SELECT z FROM (SELECT 1 AS salary) AS s, (SELECT salary AS z) AS d) AS z FROM employees
