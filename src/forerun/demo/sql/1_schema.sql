-- A star: sales in the middle, around it what was sold, to whom, when and from where.

CREATE TABLE markets (
    market_id INTEGER PRIMARY KEY,
    market VARCHAR NOT NULL UNIQUE,
    region VARCHAR NOT NULL,
    population INTEGER NOT NULL
);

CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    market_id INTEGER NOT NULL REFERENCES markets (market_id),
    customer_since DATE NOT NULL
);

CREATE TABLE products (
    product_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    brand VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    package VARCHAR NOT NULL,
    size_ml INTEGER NOT NULL,
    units_per_case INTEGER NOT NULL,
    list_price DECIMAL(8, 2) NOT NULL
);

CREATE TABLE distribution_centres (
    centre_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    capacity_pallets INTEGER NOT NULL,
    opened_on DATE NOT NULL
);

CREATE TABLE centre_markets (
    centre_id INTEGER NOT NULL REFERENCES distribution_centres (centre_id),
    market_id INTEGER NOT NULL REFERENCES markets (market_id),
    share DECIMAL(4, 2) NOT NULL,
    PRIMARY KEY (centre_id, market_id)
);

CREATE TABLE calendar (
    calendar_date DATE PRIMARY KEY,
    year INTEGER NOT NULL,
    quarter INTEGER NOT NULL,
    month INTEGER NOT NULL,
    month_name VARCHAR NOT NULL,
    weekday VARCHAR NOT NULL,
    is_holiday BOOLEAN NOT NULL,
    holiday VARCHAR
);

CREATE TABLE sales (
    sale_id INTEGER PRIMARY KEY,
    sale_date DATE NOT NULL REFERENCES calendar (calendar_date),
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    centre_id INTEGER NOT NULL REFERENCES distribution_centres (centre_id),
    quantity INTEGER NOT NULL,
    unit_price DECIMAL(8, 2) NOT NULL,
    discount DECIMAL(4, 2) NOT NULL,
    revenue DECIMAL(12, 2) NOT NULL
);

COMMENT ON TABLE markets IS 'Towns and cities where customers are, each in one sales region';
COMMENT ON COLUMN markets.market IS 'Name of the town or city';
COMMENT ON COLUMN markets.region IS 'Sales region: North, South, East, West or Central';
COMMENT ON COLUMN markets.population IS 'Number of inhabitants';

COMMENT ON TABLE customers IS 'Shops, restaurants and others who buy drinks from us';
COMMENT ON COLUMN customers.name IS 'Name of the customer';
COMMENT ON COLUMN customers.channel IS
    'How the customer sells on: Grocery, Convenience, Restaurant, Vending or Online';
COMMENT ON COLUMN customers.market_id IS 'Market where the customer is';
COMMENT ON COLUMN customers.customer_since IS 'Date on which the customer opened an account';

COMMENT ON TABLE products IS 'Drinks as they are sold: one brand and flavour in one package';
COMMENT ON COLUMN products.name IS 'Name of the product';
COMMENT ON COLUMN products.brand IS 'Brand on the label';
COMMENT ON COLUMN products.category IS
    'Kind of drink: Cola, Lemonade, Water, Juice, Iced tea or Energy drink';
COMMENT ON COLUMN products.package IS 'Kind of container: Can, Bottle, Glass bottle or Carton';
COMMENT ON COLUMN products.size_ml IS 'Contents of one container, in millilitres';
COMMENT ON COLUMN products.units_per_case IS 'Containers in one case';
COMMENT ON COLUMN products.list_price IS 'Price of one case in euros, as of 2025';

COMMENT ON TABLE distribution_centres IS 'Warehouses from which sales are delivered';
COMMENT ON COLUMN distribution_centres.name IS 'Name of the distribution centre';
COMMENT ON COLUMN distribution_centres.capacity_pallets IS 'Room in the warehouse, in pallets';
COMMENT ON COLUMN distribution_centres.opened_on IS 'Date on which the centre opened';

COMMENT ON TABLE centre_markets IS 'Which distribution centre serves which market';
COMMENT ON COLUMN centre_markets.share IS
    'Share of the market that the centre delivers, 0 to 1; the shares of a market add up to 1';

COMMENT ON TABLE calendar IS 'One row a day, 2023 to 2025';
COMMENT ON COLUMN calendar.quarter IS 'Quarter of the year, 1 to 4';
COMMENT ON COLUMN calendar.month IS 'Month of the year, 1 to 12';
COMMENT ON COLUMN calendar.holiday IS 'Name of the public holiday; NULL on other days';

COMMENT ON TABLE sales IS 'One row for each product that a customer bought on a day';
COMMENT ON COLUMN sales.sale_date IS 'Date of the sale';
COMMENT ON COLUMN sales.centre_id IS 'Distribution centre that delivered';
COMMENT ON COLUMN sales.quantity IS 'Cases sold';
COMMENT ON COLUMN sales.unit_price IS 'Price of one case on that day in euros, before the discount';
COMMENT ON COLUMN sales.discount IS 'Share of the price taken off in a promotion, 0 to 1';
COMMENT ON COLUMN sales.revenue IS 'What the customer paid in euros, after the discount';
