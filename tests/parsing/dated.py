"""Databases whose tables hold several dates each: a shop, a clinic, a staff office, a help desk,
a subscription service, a hotel, a car dealer, a library and an inn. Their catalogs only; there are
no rows to look at.
"""

from __future__ import annotations

from functools import cache

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table

_KINDS = {
    "id": (Kind.INTEGER, "INTEGER"),
    "text": (Kind.TEXT, "TEXT"),
    "money": (Kind.DECIMAL, "DECIMAL"),
    "number": (Kind.INTEGER, "INTEGER"),
    "day": (Kind.DATE, "DATE"),
    "moment": (Kind.TIMESTAMP, "TIMESTAMP"),
}

_TABLES = {
    "shop": {
        "customers": "id:id name:text city:text created_at:moment updated_at:moment",
        "orders": "id:id customer_id:customers status:open/shipped/delivered/cancelled "
        "ordered_at:moment shipped_at:moment delivered_at:moment total:money",
        "refunds": "id:id order_id:orders amount:money requested_at:moment refunded_at:moment",
    },
    "clinic": {
        "patients": "id:id first_name:text last_name:text date_of_birth:day registered_on:day "
        "updated_at:moment",
        "doctors": "id:id name:text hired_on:day left_on:day",
        "appointments": "id:id patient_id:patients doctor_id:doctors booked_at:moment "
        "starts_at:moment cancelled_at:moment status:done/cancelled/no-show",
        "prescriptions": "id:id patient_id:patients prescribed_on:day expires_on:day",
        "invoices": "id:id patient_id:patients amount:money issued_on:day due_on:day paid_on:day",
    },
    "staff": {
        "employees": "id:id name:text birth_date:day hire_date:day termination_date:day",
        "payslips": "id:id employee_id:employees gross:money pay_date:day created_at:moment",
        "leave_requests": "id:id employee_id:employees requested_on:day start_date:day "
        "end_date:day",
    },
    "desk": {
        "agents": "id:id name:text team:text joined_at:moment last_seen_at:moment",
        "tickets": "id:id subject:text priority:low/high agent_id:agents opened_at:moment "
        "first_response_at:moment resolved_at:moment closed_at:moment",
        "comments": "id:id ticket_id:tickets body:text created_at:moment edited_at:moment",
        "calls": "id:id agent_id:agents minutes:number started_at:moment ended_at:moment",
    },
    "streams": {
        "accounts": "id:id company:text country:Norway/Chile signed_up_at:moment "
        "last_login_at:moment cancelled_at:moment",
        "subscriptions": "id:id account_id:accounts plan:Basic/Pro started_on:day ended_on:day "
        "renews_on:day",
        "payments": "id:id account_id:accounts amount:money due_date:day paid_at:moment "
        "created_at:moment",
        "events": "id:id account_id:accounts kind:login/error occurred_at:moment "
        "received_at:moment",
    },
    "hotel": {
        "guests": "id:id name:text created_at:moment last_visit:moment",
        "reservations": "id:id guest:text booked_on:day check_in:day check_out:day",
        "visits": "id:id guest_id:guests checked_in_at:moment checked_out_at:moment",
        "policies": "id:id holder:text signed_on:day valid_from:day valid_until:day",
        "tasks": "id:id name:text created_at:moment due_date:day done:text",
        "rooms": "id:id floor:number reserved_until:day",
    },
    "marina": {
        "sailors": "id:id name:text birth_date:day",
    },
    "lot": {
        "cars": "id:id condition:new/used sold_at:moment created_at:moment price:money",
        "leads": "id:id name:text stage:new/won/lost created_at:moment",
        "types": "id:id name:new/returning",
        "buyers": "id:id name:text type_id:types signed_up_on:day",
    },
    "library": {
        "members": "id:id name:text member_since:day card_expires_on:day",
        "loans": "id:id member_id:members borrowed_on:day due_on:day returned_on:day",
        "posts": "id:id title:text created_at:moment published_at:moment updated_at:moment",
    },
    "inn": {
        "hotels": "id:id name:text city:Vienna/Zurich capacity:number",
        "rooms": "id:id hotel_id:hotels number:text beds:number price_per_night:money",
        "guests": "id:id full_name:text country:Austria/Italy/France date_of_birth:day email:text "
        "insurer:Axa/Allianz/Generali",
        "bookings": "id:id room_id:rooms guest_id:guests booked_on:day check_in:day check_out:day "
        "total_price:money status:confirmed/cancelled/no-show",
        "services": "id:id name:text price:money",
        "payments": "id:id booking_id:bookings amount:money method:card/cash paid_at:moment",
        "branches": "id:id name:text opened_on:day closed_on:day",
        "staff": "id:id name:text role:Cook/Cleaner hotel_id:hotels hired_on:day left_on:day",
    },
}


@cache
def catalog(name: str) -> Catalog:
    """The catalog of one of them."""
    return Catalog(name, "sqlite", tuple(_table(*item) for item in _TABLES[name].items()))


def _table(name: str, columns: str) -> Table:
    said = [column.split(":") for column in columns.split()]
    keys = [(column, kind) for column, kind in said if column.endswith("_id")]
    return Table(
        name,
        tuple(_column(*each) for each in said),
        primary_key=("id",),
        foreign_keys=tuple(ForeignKey((column,), other, ("id",)) for column, other in keys),
        rows=500,
    )


def _column(name: str, said: str) -> Column:
    if name.endswith("_id"):
        return Column(name, "INTEGER", Kind.INTEGER)
    if "/" in said:
        values = tuple(said.split("/"))
        return Column(name, "TEXT", Kind.TEXT, samples=values, samples_complete=True)
    kind, type_ = _KINDS[said]
    return Column(name, type_, kind, nullable=name != "id")
