-- Sent straight to PostgreSQL as the reader of docs/security.md, each of these runs and leaves nothing behind.
-- One a line. No privilege or read-only transaction stops them: the gate's function list does, and the rollback undoes them.
SELECT set_config('statement_timeout', '0', false)
SELECT set_config('search_path', 'mine', false)
SELECT set_config('standard_conforming_strings', 'off', false)
SELECT set_config('forerun.left', 'behind', false)
SELECT pg_advisory_lock(7431)
SELECT pg_try_advisory_lock(7431, 1)
SELECT pg_advisory_xact_lock(7431)
SELECT pg_advisory_lock_shared(7431)
SELECT pg_notify('somebody', 'something')
SELECT pg_sleep(0.01)
SELECT pg_export_snapshot()
SELECT pg_terminate_backend(0)
SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename <> current_user AND false
SELECT txid_current()
SELECT setseed(0.5)
SELECT query_to_xml('select 1', true, true, '')
SELECT pg_logical_emit_message(true, 'forerun', 'undone')
SELECT set_config('default_transaction_read_only', 'off', false), lo_create(0)
SELECT lo_from_bytea(0, 'left behind')
SELECT lo_put(lo.id, 0, 'changed') FROM lo WHERE false
