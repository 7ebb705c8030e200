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
-- case: by a star that is like something
SELECT * LIKE '%sal%' FROM employees
-- case: by a star that is not like something
SELECT * NOT LIKE 'n%' FROM employees
-- case: by a star that is like something, whatever its case
SELECT * ILIKE '%' FROM employees
-- case: by a star that is similar to something
SELECT * SIMILAR TO '.*' FROM employees
-- case: by a star with a pattern of files
SELECT * GLOB '*' FROM employees
-- case: by a star of one table, like something
SELECT employees.* LIKE 'sal%' FROM employees
-- case: a whole row, with its schema
SELECT main.employees FROM employees, (VALUES (1)) AS v
-- case: a whole row, with its schema and database
SELECT memory.main.employees FROM employees, range(1)
-- case: the field of a whole row with its schema
SELECT (main.employees).salary FROM employees, range(1)
-- case: a whole row taken apart
SELECT unnest(main.employees) FROM employees, range(1)
-- case: a whole row to sort by
SELECT name FROM employees, range(1) ORDER BY main.employees
-- case: by COLUMNS in a condition
SELECT name FROM employees WHERE COLUMNS('sal.*') > 4500
-- case: by COLUMNS to sort by
SELECT name FROM employees ORDER BY COLUMNS('sal.*')
-- case: by COLUMNS to tell apart by
SELECT DISTINCT ON (COLUMNS('sal.*')) name FROM employees
-- case: by COLUMNS in HAVING
SELECT count(*) FROM employees GROUP BY ALL HAVING max(COLUMNS('sal.*')) > 1
-- case: by COLUMNS in QUALIFY
SELECT name FROM employees QUALIFY row_number() OVER (ORDER BY COLUMNS('sal.*')) = 1
-- case: by COLUMNS in a join
SELECT a.name FROM employees AS a JOIN categories AS c ON COLUMNS('sal.*') > 4500
-- case: by COLUMNS in FROM
SELECT name, u FROM employees, unnest([COLUMNS('sal.*')]) AS t(u)
-- case: by COLUMNS in what EXISTS reads
SELECT 1 AS one WHERE EXISTS (SELECT * FROM employees WHERE COLUMNS('sal.*') > 8000)
-- case: by a parameter called like the table
SELECT list_transform([1], lambda employees: employees.salary) FROM employees
-- case: by a parameter called like the table, of two
SELECT list_reduce([1, 2], lambda employees, y: employees.salary::INT) FROM employees
-- case: by a parameter called like the schema
SELECT list_transform([1], lambda main: main.employees.salary) FROM employees
-- case: by a parameter within another's lambda
SELECT list_transform([[1]], lambda x: list_transform(x, lambda employees: employees.salary)) FROM employees
-- case: a whole row by a parameter's name within a query
SELECT list_transform([1], lambda x: (SELECT e.salary FROM employees AS e WHERE e.employee_id = x)) FROM categories
-- case: by an arrow with brackets
SELECT name, concat(profile -> ('$.n')) FROM customers
-- case: by an arrow
SELECT name, concat(profile -> '$.n') FROM customers
-- case: as the field of a column, with its table
SELECT customers.profile.n FROM customers, range(1)
-- case: as the field of a column, with its schema and table
SELECT main.customers.profile.n FROM customers, range(1)
-- case: as the field of a column beside a query of its name
SELECT customers.profile.n FROM customers, (SELECT 1 AS n) AS profile
-- case: as the right side of a semi-join would show it
SELECT salary FROM employees SEMI JOIN (SELECT 1 AS salary) AS y ON true
-- case: as the right side of an anti-join would show it
SELECT salary FROM employees ANTI JOIN (SELECT 1 AS salary) AS y ON false
-- case: by what a semi-join compares
SELECT name FROM employees SEMI JOIN (SELECT 9000 AS salary) AS y USING (salary)
-- case: before a call behind a dot
SELECT salary.abs() FROM employees
-- case: with its table, before a call behind a dot
SELECT employees.salary.abs() FROM employees
-- case: with its schema and table, before a call behind a dot
SELECT main.employees.salary.abs() FROM employees, range(1)
-- case: in brackets before a call behind a dot
SELECT (employees.salary + 1).abs() FROM employees
-- case: of a query before a call behind a dot
SELECT (SELECT max(salary) FROM employees).abs() AS m
-- case: a whole row before a call behind a dot
SELECT employees.to_json() FROM employees
-- case: a whole row by its alias before a call behind a dot
SELECT e.row() FROM employees AS e
-- case: a whole row in brackets before a call behind a dot
SELECT (employees).struct_values() FROM employees
-- case: a whole row with its schema before calls behind dots
SELECT main.employees.to_json().upper() FROM employees, range(1)
-- case: a whole row before a call behind a dot, in a lambda
SELECT list_transform([1], lambda x: e.to_json()) FROM employees AS e
-- case: a whole row before a call behind a dot, in a comprehension
SELECT [e.to_json() FOR x IN [1]] FROM employees AS e
-- case: every column before a call behind a dot
SELECT COLUMNS('sal.*').abs() FROM employees
-- case: by a call of COLUMNS behind a dot
SELECT e.COLUMNS('sal.*') FROM employees AS e
