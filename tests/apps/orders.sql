-- SPDX-License-Identifier: GPL-2.0-only
-- For the command line of SQLite: one long transaction, the result on standard output.
PRAGMA cache_size = 20;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, amount INTEGER, note TEXT);
CREATE INDEX by_customer ON orders (customer, amount);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO orders SELECT i, (i * 7919) % 101, (i * i) % 10007, hex(i * 31) FROM n;
UPDATE orders SET amount = amount + 1 WHERE customer % 3 = 1;
DELETE FROM orders WHERE id % 11 = 0;
COMMIT;
SELECT count(*), sum(amount), min(note), max(note) FROM orders;
SELECT customer, sum(amount) FROM orders GROUP BY customer ORDER BY 2 DESC LIMIT 10;
PRAGMA integrity_check;
