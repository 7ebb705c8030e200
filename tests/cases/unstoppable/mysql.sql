-- case: a search for a made text
SELECT LOCATE(CONCAT(REPEAT('a', 1 << 22), 'b'), REPEAT('a', 1 << 23))
-- case: a replacement of a made text
SELECT LENGTH(REPLACE(REPEAT('a', 1 << 23), CONCAT(REPEAT('a', 1 << 21), 'b'), ''))
-- case: a cut at a made text
SELECT SUBSTRING_INDEX(REPEAT('a', 1 << 23), CONCAT(REPEAT('a', 1 << 21), 'b'), 1) = 'x'
-- case: a long search, no count above ten thousand
SELECT LOCATE(CONCAT(REPEAT('a', 10000), 'b'), REPEAT(REPEAT('a', 100), 100))
-- case: an enormous text by a count in pieces
SELECT REPEAT('x', CONCAT('5', '00000000'))
-- case: an enormous text by the calendar
SELECT REPEAT('x', TO_SECONDS(NOW()))
-- case: an enormous text by the clock
SELECT REPEAT('x', UNIX_TIMESTAMP())
-- case: an enormous text by an exponential
SELECT REPEAT('x', EXP(20))
-- case: a cast that pads
SELECT CAST('a' AS BINARY(16000000))
-- case: least() far below 0, turned round
SELECT REPEAT('x', ABS(LEAST(-50000000, 5)))
