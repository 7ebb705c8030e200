-- What makes sales move: the season, the weekday, holidays, growth and promotions.

CREATE TEMP TABLE season AS
SELECT month, category, weight FROM (VALUES
    ('Cola', [82, 82, 92, 98, 108, 122, 130, 128, 104, 92, 86, 106]),
    ('Lemonade', [58, 60, 80, 100, 128, 156, 170, 162, 112, 78, 60, 66]),
    ('Water', [74, 74, 86, 98, 118, 142, 158, 152, 108, 86, 74, 74]),
    ('Juice', [104, 102, 102, 100, 98, 94, 92, 92, 100, 104, 106, 112]),
    ('Iced tea', [56, 58, 78, 98, 126, 156, 172, 166, 114, 74, 58, 56]),
    ('Energy drink', [90, 94, 98, 102, 106, 108, 104, 102, 104, 104, 98, 92])
) AS t (category, weights), unnest(weights) WITH ORDINALITY AS m (weight, month);

-- Sales are shared out over the days by whole-number weights, so that they add up exactly.
CREATE TEMP TABLE day_plan AS
WITH weighted AS (
    SELECT
        calendar_date, year, quarter, month,
        ((SELECT sum(weight) FROM season WHERE season.month = calendar.month)
            * (1000 + 70 * (year - 2023) + 5 * month)
            * CASE WHEN is_holiday THEN 15
                WHEN weekday = 'Sunday' THEN 35
                WHEN weekday IN ('Thursday', 'Friday') THEN 125
                WHEN weekday = 'Saturday' THEN 70
                ELSE 100 END)::BIGINT AS weight
    FROM calendar
), running AS (
    SELECT *, sum(weight) OVER (ORDER BY calendar_date) AS upto, sum(weight) OVER () AS total
    FROM weighted
)
SELECT
    calendar_date, year, quarter, month,
    (200000 * (upto - weight) // total)::INTEGER AS before,
    (200000 * upto // total)::INTEGER AS last,
    (SELECT count(*) FROM customers WHERE customer_since <= calendar_date) AS customers
FROM running;

-- What share of a month's sales a product has, as a range of [0, 1).
CREATE TEMP TABLE product_mix AS
WITH weighted AS (
    SELECT
        month, product_id,
        (weight * (20 + floor(100 * chance('popular', name) * chance('famous', name))))::BIGINT
            AS weight
    FROM products JOIN season USING (category)
)
SELECT
    month, product_id,
    (sum(weight) OVER (PARTITION BY month ORDER BY product_id) - weight)
        / sum(weight) OVER (PARTITION BY month) AS low
FROM weighted;

-- Which part of a market's deliveries a centre has, as a range of [0, 1).
CREATE TEMP TABLE delivery AS
SELECT
    market_id, centre_id,
    (sum(share) OVER (PARTITION BY market_id ORDER BY share, centre_id) - share)::DOUBLE AS low,
    (sum(share) OVER (PARTITION BY market_id ORDER BY share, centre_id))::DOUBLE AS high
FROM centre_markets;

-- About one fortnight in eight a brand is on offer.
CREATE TEMP TABLE promotions AS
SELECT brand, fortnight, (10 + 5 * (chance('depth', brand || fortnight) * 4)::INTEGER) AS percent
FROM (SELECT DISTINCT brand FROM products), range(80) AS t (fortnight)
WHERE chance('offer', brand || fortnight) < 0.125;
