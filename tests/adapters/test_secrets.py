"""No password of a URL is ever shown, however it is written."""

from __future__ import annotations

import traceback
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forerun.adapters.databases.generic import GenericDatabase
from forerun.adapters.databases.mysql import MySQLDatabase
from forerun.adapters.databases.postgres import PostgresDatabase
from forerun.errors import BadDatabaseURL
from forerun.ports import Database

PASSWORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=6, max_size=20
).map(lambda text: f"{text}S3cr!t")


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        (PostgresDatabase, "postgresql"),
        (MySQLDatabase, "mysql"),
        (GenericDatabase, "sqlite+pysqlite"),
    ],
)
@given(password=PASSWORDS, escaped=st.booleans())
@example(password='0000%"S3cr!t', escaped=False)
def test_a_password_is_never_shown(
    kind: type[PostgresDatabase | MySQLDatabase | GenericDatabase],
    scheme: str,
    password: str,
    escaped: bool,
) -> None:
    """Neither in the name nor in the error, also where it was not escaped as it should be."""
    written = quote(password, safe="") if escaped else password
    try:
        database: Database = kind(f"{scheme}://ann:{written}@host.invalid:1/shop")
    except BadDatabaseURL as bad:
        told = "".join(traceback.format_exception(bad)) + (bad.hint or "")
    else:
        told = database.name
    assert password not in told
    assert written not in told
    assert "S3cr!t" not in told
