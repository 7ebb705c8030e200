"""Names of attributes and metrics, as OpenTelemetry has them.

Those of `db.*`, `error.type` and `feature_flag.*` are of the semantic conventions of the version
below. Those of `gen_ai.*` have left them for a repository of their own that has released nothing
yet, so they are written down here and nowhere else.
"""

from __future__ import annotations

SEMCONV = "1.44.0"
SCHEMA_URL = f"https://opentelemetry.io/schemas/{SEMCONV}"
SCOPE = "forerun.telemetry"

ERROR_TYPE = "error.type"

GEN_AI_OPERATION = "gen_ai.operation.name"
GEN_AI_PROVIDER = "gen_ai.provider.name"
GEN_AI_WORKFLOW = "gen_ai.workflow.name"
GEN_AI_MODEL = "gen_ai.request.model"
GEN_AI_PROMPT = "gen_ai.prompt.name"
GEN_AI_INPUT_TOKENS = "gen_ai.usage.input_tokens"
GEN_AI_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
GEN_AI_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
GEN_AI_TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 - input or output
INVOKE_WORKFLOW = "invoke_workflow"
CHAT = "chat"

DB_SYSTEM = "db.system.name"
DB_NAMESPACE = "db.namespace"
DB_COLLECTION = "db.collection.name"
DB_OPERATION = "db.operation.name"
DB_QUERY_TEXT = "db.query.text"
DB_QUERY_SUMMARY = "db.query.summary"

FLAG_EVALUATION = "feature_flag.evaluation"
FLAG_KEY = "feature_flag.key"
FLAG_VARIANT = "feature_flag.result.variant"
FLAG_REASON = "feature_flag.result.reason"
FLAG_PROVIDER = "feature_flag.provider.name"
FLAG_CONTEXT = "feature_flag.context.id"

APP_TRACE = "app.trace_id"
APP_OPERATION = "app.operation"
APP_TENANT = "app.tenant"
APP_STATUS = "app.status"
APP_STAGE = "app.stage"
APP_BRANCH = "app.branch"
APP_OUTCOME = "app.outcome"
APP_WASTED = "app.wasted"
APP_CRITICAL = "app.critical_path"
APP_DETAIL = "app.detail"
APP_ROLE = "app.role"
APP_QUESTION = "app.question"
APP_ARM = "app.arm"
APP_ASSIGNED_ARM = "app.assigned_arm"
APP_SERVED_ARM = "app.served_arm"
APP_FALLBACK = "app.fallback.reason"
APP_EXPERIMENT = "app.experiment.id"
APP_ROLLOUT_STAGE = "app.rollout.stage"
APP_CACHE_OUTCOME = "app.cache.outcome"
APP_CACHE_LAYER = "app.cache.layer"
APP_CACHE_AGE = "app.cache.age"
APP_QUEUED_MS = "app.queued_ms"
APP_COST = "app.cost_usd"

DB_SYSTEMS = {
    "postgres": "postgresql",
    "mysql": "mysql",
    "tsql": "microsoft.sql_server",
    "oracle": "oracle.db",
    "snowflake": "snowflake",
    "bigquery": "gcp.bigquery",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "clickhouse": "clickhouse",
    "trino": "trino",
}
"""By sqlglot's name of the dialect."""
OTHER = "other_sql"

DURATION_BUCKETS = (
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
)  # fmt: skip
"""Seconds, of every duration: those that the GenAI conventions name."""
TOKEN_BUCKETS = tuple(float(4**power) for power in range(14))
CLIENT_DURATION = "gen_ai.client.operation.duration"
CLIENT_TOKENS = "gen_ai.client.token.usage"
CLIENT_FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
WORKFLOW_DURATION = "gen_ai.workflow.duration"
DB_DURATION = "db.client.operation.duration"
DB_DURATION_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
