-- The sales of one quarter of a year.
INSERT INTO sales
WITH orders AS (
    SELECT
        unnest(range(before + 1, last + 1)) AS sale_id, calendar_date, year, month, customers,
        (calendar_date - DATE '2023-01-01') // 14 AS fortnight
    FROM day_plan
    WHERE year = $year AND quarter = $quarter
), chosen AS (  -- two draws multiplied: the oldest accounts buy the most
    SELECT
        *,
        1 + floor(customers * chance('who', sale_id) * (0.3 + 0.7 * chance('old', sale_id)))
            ::INTEGER AS customer_id,
        chance('what', sale_id) AS what
    FROM orders
), priced AS (
    SELECT
        sale_id, calendar_date, customer_id, market_id, product_id,
        coalesce(percent, 0) AS percent,
        (list_price * CASE year WHEN 2023 THEN 0.94 WHEN 2024 THEN 0.97 ELSE 1.00 END)
            ::DECIMAL(8, 2) AS unit_price,
        CASE channel
            WHEN 'Grocery' THEN 60
            WHEN 'Online' THEN 36
            WHEN 'Vending' THEN 20
            WHEN 'Restaurant' THEN 14
            ELSE 10 END AS typical
    FROM chosen
    ASOF JOIN product_mix ON product_mix.month = chosen.month AND chosen.what >= product_mix.low
    JOIN products USING (product_id)
    JOIN customers USING (customer_id)
    LEFT JOIN promotions USING (brand, fortnight)
), counted AS (
    SELECT
        *,
        greatest(1, floor(
            typical * (0.3 + 1.2 * chance('size', sale_id)) * (100 + 3 * percent) / 100
        ))::INTEGER AS quantity,
        (percent / 100)::DECIMAL(4, 2) AS discount
    FROM priced
)
SELECT
    sale_id, calendar_date, customer_id, product_id, centre_id, quantity, unit_price, discount,
    (quantity * unit_price * (1 - discount))::DECIMAL(12, 2)
FROM counted
JOIN delivery
    ON delivery.market_id = counted.market_id
    AND chance('from', sale_id) >= delivery.low AND chance('from', sale_id) < delivery.high
ORDER BY sale_id;
