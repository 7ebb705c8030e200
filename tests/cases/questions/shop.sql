-- A small shop that both SQLite and DuckDB can build; tests/parsing/shop.py fills it.
CREATE TABLE regions (region_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE stores (
    store_id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL,
    region_id INTEGER NOT NULL REFERENCES regions (region_id), opened_on DATE NOT NULL
);
CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY, name TEXT NOT NULL, segment TEXT NOT NULL,
    country TEXT NOT NULL, joined_on DATE NOT NULL
);
CREATE TABLE categories (category_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE products (
    product_id INTEGER PRIMARY KEY, name TEXT NOT NULL, brand TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (category_id),
    price DECIMAL(8, 2) NOT NULL, weight_kg DECIMAL(8, 2)
);
CREATE TABLE suppliers (supplier_id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL);
CREATE TABLE product_suppliers (
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    supplier_id INTEGER NOT NULL REFERENCES suppliers (supplier_id),
    PRIMARY KEY (product_id, supplier_id)
);
CREATE TABLE employees (
    employee_id INTEGER PRIMARY KEY, name TEXT NOT NULL, job_title TEXT NOT NULL,
    salary INTEGER NOT NULL, hired_on DATE NOT NULL,
    store_id INTEGER NOT NULL REFERENCES stores (store_id)
);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    store_id INTEGER NOT NULL REFERENCES stores (store_id),
    order_date DATE NOT NULL, status TEXT NOT NULL
);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (order_id), line INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    quantity INTEGER NOT NULL, amount DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
);
