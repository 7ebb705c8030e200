"""What Redis does in one step each: entries, and the groups in which they can be found.

A group is a shelf, tenant and database. The key `groups` holds all of them, and each group's own
key the keys of its entries; both are sorted by when they expire. A `get` gives only what is found
from `groups`: what a purge cannot reach, because Redis has evicted a group, nobody reads either.

Times are Redis' own, in milliseconds. Not for Redis Cluster: a script's keys are on many nodes.
"""

from __future__ import annotations

GET = """
-- KEYS: groups, then entries. ARGV: start of the names of groups, then keys.
local found = {}
for n = 2, #KEYS do
  local group, text = unpack(redis.call('HMGET', KEYS[n], 'group', 'text'))
  found[n - 1] = text
  if text and not (redis.call('ZSCORE', KEYS[1], group)
                   and redis.call('ZSCORE', ARGV[1] .. group, ARGV[n])) then
    found[n - 1] = false
  end
end
return found
"""

PUT = """
-- KEYS: groups, group, entry. ARGV: group, key, text, tables, milliseconds.
-- HSET comes first: a full Redis refuses a script only before it has written anything.
local time, keep = redis.call('TIME'), tonumber(ARGV[5])
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[3], 'group', ARGV[1], 'text', ARGV[3], 'tables', ARGV[4], 'kept', now)
redis.call('PEXPIRE', KEYS[3], keep)
redis.call('ZADD', KEYS[1], 'GT', now + keep, ARGV[1])
redis.call('ZADD', KEYS[2], now + keep, ARGV[2])
for n = 1, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[n], '-inf', now)
  if redis.call('PTTL', KEYS[n]) < keep then redis.call('PEXPIRE', KEYS[n], keep) end
end
return 1
"""

DROP = """
-- KEYS: group, then entries. ARGV: a list of one table or nothing, then keys.
local dropped = 0
for n = 2, #KEYS do
  local tables = ARGV[1] ~= '' and redis.call('HGET', KEYS[n], 'tables')
  if ARGV[1] == '' or tables and string.find(tables, ARGV[1], 1, true) then
    dropped = dropped + redis.call('DEL', KEYS[n])
    redis.call('ZREM', KEYS[1], ARGV[n])
  end
end
return dropped
"""

MEASURE = """
-- KEYS: group, then entries. Gives entries, bytes and the age of the oldest.
local time, entries, bytes, oldest = redis.call('TIME'), 0, 0, 0
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for n = 2, #KEYS do
  local kept = redis.call('HGET', KEYS[n], 'kept')
  if kept then
    entries = entries + 1
    bytes = bytes + redis.call('HSTRLEN', KEYS[n], 'text')
    oldest = math.max(oldest, now - kept)
  end
end
return {entries, bytes, oldest}
"""

RELEASE = """
-- KEYS: lease. ARGV: token.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
