-- A number in [0, 1) that depends on its arguments alone: not on threads, order or machine.
CREATE TEMP MACRO chance(purpose, i) AS
    (md5_number_lower(purpose || ':' || i) >> 11) / 9007199254740992.0;

INSERT INTO distribution_centres VALUES
    (1, 'Longacre Depot', 5200, DATE '2009-04-14'),
    (2, 'Millrace Depot', 3800, DATE '2011-09-01'),
    (3, 'Saltpan Wharf', 6100, DATE '2007-02-19'),
    (4, 'Hollow Lane Depot', 2900, DATE '2016-06-06'),
    (5, 'Quarryside Depot', 4400, DATE '2013-10-21'),
    (6, 'Tollgate Warehouse', 7300, DATE '2005-05-30'),
    (7, 'Orchard Road Depot', 3300, DATE '2019-03-11'),
    (8, 'Beacon Park Warehouse', 2600, DATE '2021-08-02');

CREATE TEMP TABLE territory AS
SELECT * FROM (VALUES
    (1, 'Aldermoor', 'North', 412000, 1, 2, 0.70),
    (2, 'Brackwater', 'North', 188000, 1, 2, 0.85),
    (3, 'Carrowby', 'North', 97000, 2, 1, 0.65),
    (4, 'Dunmere', 'North', 64000, 2, 1, 1.00),
    (5, 'Eskerton', 'North', 141000, 1, 6, 0.90),
    (6, 'Fennwick', 'East', 523000, 3, 4, 0.60),
    (7, 'Garstow', 'East', 236000, 3, 4, 0.75),
    (8, 'Hythelow', 'East', 119000, 4, 3, 0.80),
    (9, 'Inchmoor', 'East', 58000, 4, 3, 1.00),
    (10, 'Jarrowfield', 'East', 83000, 3, 6, 0.95),
    (11, 'Kelderby', 'South', 648000, 5, 7, 0.55),
    (12, 'Lindmouth', 'South', 307000, 5, 7, 0.70),
    (13, 'Marrowgate', 'South', 152000, 7, 5, 0.90),
    (14, 'Netherleigh', 'South', 91000, 7, 5, 1.00),
    (15, 'Ottersford', 'South', 73000, 5, 6, 0.80),
    (16, 'Pellhaven', 'West', 275000, 8, 6, 0.65),
    (17, 'Quenbury', 'West', 128000, 8, 6, 0.85),
    (18, 'Rushmoor Bay', 'West', 67000, 8, 5, 1.00),
    (19, 'Stavenholt', 'West', 49000, 8, 1, 0.90),
    (20, 'Thornacre', 'Central', 986000, 6, 5, 0.60),
    (21, 'Underwick', 'Central', 344000, 6, 3, 0.75),
    (22, 'Velsham', 'Central', 203000, 6, 1, 0.80),
    (23, 'Wexborough', 'Central', 116000, 6, 7, 0.95),
    (24, 'Yarrowdale', 'Central', 78000, 6, 2, 1.00)
) AS t (market_id, market, region, population, main_centre, second_centre, main_share);

INSERT INTO markets SELECT market_id, market, region, population FROM territory ORDER BY market_id;

INSERT INTO centre_markets
SELECT main_centre, market_id, main_share FROM territory
UNION ALL
SELECT second_centre, market_id, 1 - main_share FROM territory WHERE main_share < 1
ORDER BY ALL;

INSERT INTO calendar
SELECT
    day::DATE, year(day), quarter(day), month(day), monthname(day), dayname(day),
    holiday IS NOT NULL, holiday
FROM generate_series(DATE '2023-01-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days (day)
LEFT JOIN (VALUES
    (1, 1, 'New Year''s Day'),
    (5, 1, 'May Day'),
    (6, 24, 'Midsummer Day'),
    (10, 3, 'Harvest Day'),
    (12, 25, 'Christmas Day'),
    (12, 26, 'Second Christmas Day')
) AS holidays (in_month, on_day, holiday) ON month(day) = in_month AND day(day) = on_day
ORDER BY day;

-- Every flavour of a brand comes in the packages of its category.
INSERT INTO products
WITH flavours (brand, flavour, category) AS (VALUES
    ('Corvo', 'Cola', 'Cola'),
    ('Corvo', 'Cola Zero', 'Cola'),
    ('Corvo', 'Cherry Cola', 'Cola'),
    ('Marlpit', 'Cloudy Lemonade', 'Lemonade'),
    ('Marlpit', 'Blood Orange', 'Lemonade'),
    ('Marlpit', 'Elderflower', 'Lemonade'),
    ('Hollinspring', 'Still Water', 'Water'),
    ('Hollinspring', 'Sparkling Water', 'Water'),
    ('Tarnwell', 'Mineral Water', 'Water'),
    ('Sunhedge', 'Apple Juice', 'Juice'),
    ('Sunhedge', 'Orange Juice', 'Juice'),
    ('Sunhedge', 'Pear Juice', 'Juice'),
    ('Oolara', 'Peach Tea', 'Iced tea'),
    ('Oolara', 'Lemon Tea', 'Iced tea'),
    ('Oolara', 'Green Tea', 'Iced tea'),
    ('Voltwing', 'Original', 'Energy drink'),
    ('Voltwing', 'Tropical', 'Energy drink')
), packages (category, package, size_ml, units_per_case, list_price) AS (VALUES
    ('Cola', 'Can', 330, 24, 14.40),
    ('Cola', 'Bottle', 500, 12, 11.90),
    ('Cola', 'Bottle', 1500, 6, 9.60),
    ('Lemonade', 'Can', 330, 24, 13.80),
    ('Lemonade', 'Glass bottle', 330, 24, 19.50),
    ('Lemonade', 'Bottle', 1500, 6, 9.20),
    ('Water', 'Bottle', 500, 12, 5.40),
    ('Water', 'Bottle', 1500, 6, 3.90),
    ('Water', 'Glass bottle', 750, 12, 10.80),
    ('Juice', 'Carton', 200, 27, 12.60),
    ('Juice', 'Carton', 1000, 8, 13.20),
    ('Juice', 'Glass bottle', 250, 12, 15.90),
    ('Iced tea', 'Can', 330, 24, 15.20),
    ('Iced tea', 'Bottle', 1000, 6, 8.70),
    ('Energy drink', 'Can', 250, 24, 25.80),
    ('Energy drink', 'Can', 500, 12, 21.60)
)
SELECT
    row_number() OVER (ORDER BY brand, flavour, package, size_ml),
    format('{} {} {} ml {}', brand, flavour, size_ml, lower(package)),
    brand, category, package, size_ml, units_per_case, list_price
FROM flavours JOIN packages USING (category)
ORDER BY 1;

-- 60 names x 20 kinds of business; numbered as they opened their accounts.
INSERT INTO customers
WITH businesses (channel, business) AS (VALUES
    ('Grocery', 'Foods'), ('Grocery', 'Grocers'), ('Grocery', 'Fresh Market'),
    ('Grocery', 'Family Stores'), ('Grocery', 'Supermarket'), ('Grocery', 'Larder'),
    ('Convenience', 'Corner Shop'), ('Convenience', 'Mini Mart'), ('Convenience', 'Kiosk'),
    ('Convenience', 'Late Shop'), ('Convenience', 'Newsagents'), ('Convenience', 'Filling Station'),
    ('Restaurant', 'Kitchen'), ('Restaurant', 'Bistro'), ('Restaurant', 'Grill'),
    ('Restaurant', 'Tavern'), ('Restaurant', 'Café'),
    ('Vending', 'Vending'), ('Vending', 'Refreshments'),
    ('Online', 'Drinks Direct')
), candidates AS (
    SELECT
        family || ' ' || business AS name,
        channel,
        DATE '2011-03-01' + floor(chance('since', name) * 5388)::INTEGER AS customer_since,
        chance('market', name) AS place
    FROM businesses, unnest([
        'Abbott & Rye', 'Amberley', 'Ashgrove', 'Barleycorn', 'Bellwether', 'Birchall',
        'Bluebird', 'Bramble', 'Briar & Oak', 'Calloway', 'Castlegate', 'Chapel Row',
        'Cobblestone', 'Copperfield', 'Crossways', 'Daybreak', 'Dovetail', 'Eastgate',
        'Elmhurst', 'Fairweather', 'Fernleigh', 'Fiddler''s', 'Foxglove', 'Golden Hare',
        'Greenacre', 'Halfpenny', 'Hartwell', 'Hazelwood', 'High Street', 'Holloway',
        'Ivy Court', 'Juniper', 'Kingfisher', 'Lantern', 'Larkspur', 'Little Owl',
        'Maple Row', 'Meadowbank', 'Merriman', 'Millstone', 'Nightingale', 'Old Bridge',
        'Parkside', 'Pemberley', 'Pepperpot', 'Ploughman''s', 'Quayside', 'Red Lantern',
        'Riverside', 'Rosebank', 'Saffron', 'Silver Birch', 'Station Road', 'Stonebridge',
        'Swallowtail', 'Tamarind', 'Three Bells', 'Wayfarer', 'Weaver''s', 'Whistledown'
    ]) AS families (family)
), reach AS (
    SELECT
        market_id,
        (sum(population) OVER (ORDER BY market_id) - population) / sum(population) OVER () AS low
    FROM territory
)
SELECT row_number() OVER (ORDER BY customer_since, name), name, channel, market_id, customer_since
FROM candidates ASOF JOIN reach ON candidates.place >= reach.low
ORDER BY 1;
