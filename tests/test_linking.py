"""Linking: small catalogs whole, large ones cut to what the question speaks of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.linking import link


def _table(name: str, *columns: str, to: tuple[str, ...] = (), comment: str | None = None) -> Table:
    """A table with an `id`, text columns, and a foreign key `<other>_id` for each of `to`."""
    names = ("id", *columns, *(f"{other}_id" for other in to))
    return Table(
        name,
        tuple(Column(n, "TEXT", Kind.TEXT) for n in names),
        primary_key=("id",),
        foreign_keys=tuple(ForeignKey((f"{other}_id",), other, ("id",)) for other in to),
        comment=comment,
    )


def _noise(count: int) -> tuple[Table, ...]:
    return tuple(_table(f"audit_{i}", f"flag_{i}", f"stamp_{i}") for i in range(count))


LARGE = Catalog(
    "large",
    "duckdb",
    (
        *_noise(60),
        _table("student", "name"),
        _table("course", "title"),
        Table(
            "enrolment_map",
            tuple(Column(name, "TEXT", Kind.TEXT) for name in ("left_ref", "right_ref")),
            foreign_keys=(
                ForeignKey(("left_ref",), "student", ("id",)),
                ForeignKey(("right_ref",), "course", ("id",)),
            ),
        ),
        _table("invoice", "amount", comment="what a payer owes for tuition"),
    ),
)


def _linked(question: str, max_tables: int = 8) -> set[str]:
    return {t.name for t in link(question, LARGE, max_tables).catalog.tables}


def test_a_small_catalog_is_sent_whole() -> None:
    """Nothing is left out where everything fits."""
    small = Catalog("small", "sqlite", _noise(5))
    slice_ = link("anything at all", small, max_tables=5)
    assert slice_.whole
    assert slice_.catalog is small


def test_tables_named_in_the_question_are_kept() -> None:
    """Plurals and inflections of a table's name find it among many."""
    assert {"student", "course"} <= _linked("Which students take which courses?")


def test_bridge_tables_between_chosen_ones_are_never_lost() -> None:
    """A table that nobody named but that joins two chosen ones comes along, beyond the limit."""
    assert _linked("students and courses", max_tables=2) == {"student", "course", "enrolment_map"}


def test_comments_are_read() -> None:
    """A word that only a comment holds finds the table."""
    assert "invoice" in _linked("How much tuition is owed?")


def test_stored_values_are_read() -> None:
    """A word that only a sampled value holds finds the table."""
    tables = list(LARGE.tables)
    city = Column("label", "TEXT", Kind.TEXT, samples=("Ashford", "Dunley"))
    tables[7] = Table("audit_7", (city,))
    catalog = Catalog("large", "duckdb", tuple(tables))
    found = link("what happened in Dunley?", catalog, 5).catalog
    assert "audit_7" in {table.name for table in found.tables}


def test_foreign_key_neighbours_come_along() -> None:
    """A table next to a named one is worth more than one that has nothing to do with it."""
    assert "enrolment_map" in _linked("list every student", max_tables=3)


def test_without_any_agreement_the_best_connected_tables_are_taken() -> None:
    """A question in foreign words still gets something to look at."""
    assert "enrolment_map" in _linked("qwertz", max_tables=3)


@given(st.text(max_size=60), st.integers(min_value=1, max_value=80))
def test_any_text_gives_a_part_of_the_catalog_and_always_the_same(text: str, most: int) -> None:
    """Linking never fails, invents no table, keeps catalog order and does not vary."""
    slice_ = link(text, LARGE, most)
    keys = [table.key for table in slice_.catalog.tables]
    assert keys == [table.key for table in LARGE.tables if table.key in set(keys)]
    assert slice_.whole == (len(keys) == len(LARGE.tables))
    assert keys == [table.key for table in link(text, LARGE, most).catalog.tables]
    assert keys
