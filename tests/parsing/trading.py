"""A software business and a freight office, named as companies name things: marks of tables, codes
with descriptions, yes and no as numbers, cents, units in names, two keys to the ports. There are
catalogs only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess

_KINDS = {
    "day": ("DATE", Kind.DATE),
    "moment": ("DATETIME", Kind.TIMESTAMP),
    "number": ("INTEGER", Kind.INTEGER),
    "text": ("TEXT", Kind.TEXT),
}
_TABLES = {
    "software": {
        "tbl_plan": "*plan_id:number plan_name:Free/Team/Business billing_interval:month/year "
        "is_legacy:0/1",
        "tbl_account": "*account_id:number company_name:text country:Chile/Norway "
        "signed_up_on:day last_login_at:moment?",
        "tbl_user": "*user_id:number full_name:text account_id>tbl_account is_active:0/1 "
        "created_on:day last_login_at:moment?",
        "tbl_subscription": "*subscription_id:number account_id>tbl_account plan_id>tbl_plan "
        "status:active/cancelled started_on:day",
        "tbl_feature": "*feature_id:number feature_name:SSO/Webhooks/Sandbox",
        "tbl_plan_feature": "*plan_id>tbl_plan *feature_id>tbl_feature",
        "tbl_invoice": "*invoice_id:number account_id>tbl_account invoice_number:text "
        "amount_cents:number "
        "issued_on:day",
        "tbl_ticket": "*ticket_id:number account_id>tbl_account status:open/closed "
        "opened_at:moment assigned_to>tbl_user?",
    },
    "freight": {
        "lu_cargo_type": "*type_code:A/B description:Chilled/Bulky",
        "port": "*port_code:HAM/SHA port_name:Hamburg/Shanghai region:Europe/Asia",
        "vessel": "*vessel_id:number vessel_name:text capacity_teu:number is_modern:0/1 "
        "built_year:number",
        "inspector": "*inspector_id:number inspector_name:text specialty:chilled/tanks",
        "shipment": "*shipment_id:number shipment_name:text vessel_id>vessel "
        "type_code>lu_cargo_type inspector_id>inspector origin_port>port destination_port>port "
        "eta:day arrived_on:day? weight_kg:number insured:0/1",
        "charge": "*charge_id:number shipment_id>shipment charge_type:customs/freight "
        "amount_usd:number invoiced_on:day",
        "award": "*award_id:number award_name:text vessel_id>vessel shared_award:Y/N "
        "prize_money:number award_year:number",
        "film": "*film_id:number film_name:text genre:Comedy/Documentary submitted_on:day "
        "release_year:number",
    },
}


@cache
def catalog(name: str) -> Catalog:
    """The catalog of one of them."""
    return Catalog(name, "sqlite", tuple(_table(*item) for item in _TABLES[name].items()))


def best(name: str, question: str) -> Draft:
    """The first draft for a question about one of them."""
    return parsing.parse(question, catalog(name), NOW).drafts[0]


def _table(name: str, columns: str) -> Table:
    said = columns.split()
    keys = tuple(c[1:].split(":")[0].split(">")[0] for c in said if c.startswith("*"))
    refers = (c.strip("*?").split(">") for c in said if ">" in c)
    foreign = tuple(ForeignKey((column,), to, (_key(to),)) for column, to in refers)
    rows = 2 if "/" in said[0] else 400
    columns_ = tuple(map(_column, said))
    return Table(name, columns_, primary_key=keys, foreign_keys=foreign, rows=rows)


def _key(table: str) -> str:
    """The name of its key in either catalog."""
    columns = next(tables[table] for tables in _TABLES.values() if table in tables)
    return columns.split()[0].strip("*").split(":")[0]


def _column(said: str) -> Column:
    nullable = said.endswith("?")
    name, _, of = said.strip("*?").partition(":")
    if ">" in name:
        column, table = name.split(">")
        key = next(c for t in _TABLES.values() if table in t for c in t[table].split()[:1])
        return _column(f"{column}:{key.split(':')[1]}{'?' * nullable}")
    if "/" not in of:
        type_, kind = _KINDS[of]
        years = (1998, 2004, 2024) if name.endswith("year") else ()
        return Column(name, type_, kind, nullable, samples=years)
    values = tuple(int(value) if value.isdigit() else value for value in of.split("/"))
    kind = Kind.INTEGER if values == (0, 1) else Kind.TEXT
    return Column(name, kind.value, kind, nullable, samples=values, samples_complete=True)
