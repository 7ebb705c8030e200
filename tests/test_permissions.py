"""Policies bound to one asker: what they lack never widens what they see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Asker, Permissions, Policies, RowPolicy, RowRule, permissions_for

BY_REGION = Policies(rows=(RowRule("Orders", "region = {region}"),))
attributes = st.dictionaries(
    st.sampled_from(["region", "tenant", "user", "other"]),
    st.one_of(st.text(max_size=5), st.integers(), st.lists(st.text(max_size=3), max_size=2)),
)


def test_a_rule_is_bound_to_the_attributes_that_it_names() -> None:
    bound = permissions_for(BY_REGION, attributes={"region": "EU", "other": "x"})
    assert bound.rows == (RowPolicy("orders", "region = {region}", (("region", "EU"),)),)
    assert not bound.closed


@pytest.mark.parametrize(
    "lacking",
    [{}, {"region": ""}, {"region": None}, {"region": []}, {"region": {}}, {"region": ["EU", ""]}],
)
def test_a_missing_attribute_closes_the_table(lacking: dict[str, object]) -> None:
    bound = permissions_for(BY_REGION, attributes=lacking)
    assert bound.closed == {"orders"}
    assert not bound.rows


def test_one_missing_attribute_closes_a_table_that_other_rules_speak_of() -> None:
    two = Policies(rows=(*BY_REGION.rows, RowRule("orders", "owner = {owner}")))
    assert permissions_for(two, attributes={"region": "EU"}).closed == {"orders"}


def test_who_asks_cannot_be_put_on_as_an_attribute() -> None:
    own = Policies(rows=(RowRule("orders", "tenant = {tenant} AND owner = {user}"),))
    bound = permissions_for(own, "acme", "ann", {"tenant": "other", "user": "bob"})
    assert dict(bound.rows[0].values) == {"tenant": "acme", "user": "ann"}
    assert permissions_for(own, "acme", "", {"user": "bob"}).closed == {"orders"}


def test_an_exempt_asker_is_left_alone_by_that_rule_only() -> None:
    rules = (
        RowRule("orders", "region = {region}", {"role": ("auditor",)}),
        RowRule("customers", "region = {region}"),
    )
    for role in ("auditor", ["clerk", "auditor"]):
        bound = permissions_for(Policies(rows=rules), attributes={"role": role})
        assert not bound.rows
        assert bound.closed == {"customers"}
    assert permissions_for(Policies(rows=rules), attributes={"role": "clerk"}).closed == {
        "orders",
        "customers",
    }


def test_the_fingerprint_of_an_asker_is_that_of_his_permissions() -> None:
    sight = permissions_for(BY_REGION, attributes={"region": "EU"})
    asker = Asker("acme", "anything", sight=sight)
    assert asker.permissions == sight.fingerprint
    assert replace(asker, permissions="else").permissions == sight.fingerprint
    other = permissions_for(BY_REGION, attributes={"region": "US"})
    assert replace(asker, sight=other).permissions == other.fingerprint


def test_a_caller_may_give_a_fingerprint_alone() -> None:
    assert Asker("acme", "v7").permissions == "v7"
    assert Asker("acme", "v7").sight is None


def test_what_limits_nothing_is_the_same_as_no_permissions() -> None:
    assert Permissions().fingerprint == ""
    assert Asker(sight=permissions_for(Policies())).permissions == ""


@given(attributes, attributes)
def test_fingerprints_are_equal_only_for_equal_permissions(
    one: dict[str, object], two: dict[str, object]
) -> None:
    policies = Policies(rows=(RowRule("orders", "region = {region} OR x = {other}"),))
    a, b = permissions_for(policies, attributes=one), permissions_for(policies, attributes=two)
    assert (a.fingerprint == b.fingerprint) == (a == b)


def test_every_part_of_permissions_is_in_the_fingerprint() -> None:
    each = [
        Permissions(tables=frozenset()),
        Permissions(tables=frozenset({"a"})),
        Permissions(columns=frozenset({"a.b"})),
        Permissions(hidden=frozenset({"a.b"})),
        Permissions(rows=(RowPolicy("a", "b = 1"),)),
        Permissions(rows=(RowPolicy("a", "b = {c}", (("c", "1"),)),)),
        Permissions(rows=(RowPolicy("a", "b = {c}", (("c", 1),)),)),
        Permissions(unsent=frozenset({"a.b"})),
        Permissions(unsent=frozenset({"a.b"}), of_a_model=True),
        Permissions(hidden=frozenset({"a.b"}), views=frozenset({"a"})),
        Permissions(closed=frozenset({"a"})),
    ]
    assert len({permissions.fingerprint for permissions in each}) == len(each)
    assert "" not in {permissions.fingerprint for permissions in each}


def test_a_model_and_a_person_share_what_is_kept_where_nothing_is_unsent() -> None:
    """The same rows are before both; and where something is unsent, they share nothing."""
    for policies, alike in ((Policies(hidden=("a.b",)), True), (Policies(unsent=("a.b",)), False)):
        person, model = permissions_for(policies), permissions_for(policies, of_a_model=True)
        assert (person.fingerprint == model.fingerprint) is alike
