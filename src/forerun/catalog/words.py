"""Words of identifiers and of questions, brought to one form so that they can meet.

`customerNames`, `CUSTOMER_NAME` and "names of a customer" share the stems `custom` and `name`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_PARTS = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_ABBREVIATED = """
acct=account addr=address amt=amount avg=average bal=balance bldg=building cat=category cd=code
cnt=count ctry=country cty=city cust=customer deliv=delivery dep=department dept=department
desc=description dest=destination dist=district dob=birthday drv=driver dt=date emp=employee
flg=flag fname=first_name freq=frequency grp=group hrly=hourly lat=latitude lname=last_name
lng=longitude loc=location lon=longitude lv=level lvl=level max=maximum mfr=manufacturer
mgr=manager min=minimum msg=message nbr=number nm=name num=number ord=order org=organization
pct=percent pmt=payment pos=position prio=priority prod=product prof=professor pub=publication
qlty=quality qty=quantity ref=reference rgn=region rsn=reason seg=segment segm=segment src=source
stat=status stu=student svc=service tel=telephone tot=total trans=transaction txn=transaction
typ=type univ=university usr=user veh=vehicle wgt=weight wt=weight yr=year
"""
_ABBREVIATIONS = dict(pair.split("=") for pair in _ABBREVIATED.split())
_WHOLE = frozenset(("ord",))
"""What these are short for beside other words they are not alone: where a row stands among others
is no order that anybody placed.
"""
_AFTER_ANOTHER: dict[tuple[str, ...], tuple[str, ...]] = {
    **{(b, "minimum"): ("minute",) for b in ("duration", "delay", "wait", "runtime")},
    **{("district", unit): ("distance", unit) for unit in ("km", "mi", "m", "miles")},
    **{("est", what): ("estimated", what) for what in ("cost", "price", "value", "time", "hours")},
}
"""What an abbreviation means beside another word: `duration_min`, `dist_km`."""

_COUNTED = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
_NUMBERS = {word: value for value, word in enumerate(_COUNTED.split())} | {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "hundred": 100, "thousand": 1_000, "million": 1_000_000,
    "billion": 1_000_000_000, "dozen": 12, "once": 1, "twice": 2,
}  # fmt: skip

_UNLIKE = """
people=person men=man women=woman children=child feet=foot mice=mouse geese=goose teeth=tooth
indices=index matrices=matrix criteria=criterion series=series species=species news=news
status=status statuses=status analyses=analysis bases=base buses=bus gases=gas lives=live
"""
_VERBS = """
bought=buy sold=sell paid=pay made=make taught=teach held=hold wrote=write written=write won=win
flew=fly gave=give given=give spent=spend died=die dying=die born=birth aged=age
"""
_NOUNS = dict(pair.split("=") for pair in _UNLIKE.split())
_IRREGULAR = _NOUNS | dict(pair.split("=") for pair in _VERBS.split())

_SHORT = frozenset(["as", "gas", "bus", "has", "his", "is", "its", "this", "us", "was", "yes"])


def number(word: str) -> int | None:
    """The value of a number word up to twenty and of the round ones after it.

    >>> number("Three"), number("tree")
    (3, None)
    """
    return _NUMBERS.get(word.lower())


@lru_cache(maxsize=65_536)
def split_identifier(name: str) -> tuple[str, ...]:
    """The lower-case words of an identifier, abbreviations written out.

    >>> split_identifier("CustFirstName2"), split_identifier("order_qty")
    (('customer', 'first', 'name', '2'), ('order', 'quantity'))
    >>> split_identifier("ord_no"), split_identifier("ord")
    (('order', 'no'), ('ord',))
    """
    if name.lower() in _WHOLE:
        return (name.lower(),)
    words: list[str] = []
    for part in (part for run in _PARTS.findall(name) for part in _humps(run)):
        words.extend(_ABBREVIATIONS.get(part.lower(), part.lower()).split("_"))
        if (known := _AFTER_ANOTHER.get(tuple(words[-2:]))) is not None:
            words[-len(known) :] = known
    return tuple(words)


def _humps(run: str) -> list[str]:
    """`LName` is an abbreviation, not an L before a name."""
    return [run] if run.lower() in _ABBREVIATIONS else _HUMP.split(run)


@lru_cache(maxsize=65_536)
def stems(name: str) -> tuple[str, ...]:
    """The stems of an identifier's or a phrase's words."""
    return tuple(stem(word) for word in split_identifier(name))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of an English word, after Porter (1980), steps 1 to 5, with irregular plurals.

    >>> stem("Cities") == stem("city"), stem("people") == stem("person"), stem("sales")
    (True, True, 'sale')
    """
    word = _IRREGULAR.get(word.lower(), word.lower())
    if len(word) <= 3 or not word.isascii():
        return word[:-1] if word.endswith("s") and word not in _SHORT else word
    one = _plural(word)
    if len(one) <= 3:  # "ages" of an age
        return one
    return _tidy_end(_strip_suffixes(_final_y(_past_and_gerund(one))))


def is_plural(word: str) -> bool:
    """Whether the word says more than one.

    >>> is_plural("Cities"), is_plural("people"), is_plural("status"), is_plural("store")
    (True, True, False, False)
    """
    lower = word.lower()
    if lower in _IRREGULAR:
        return _NOUNS.get(lower, lower) != lower
    return lower not in _SHORT and _plural(lower) != lower


def singular(word: str) -> str:
    """The word for one of what the word says more of, else the word itself.

    >>> singular("comedies"), singular("men"), singular("status"), singular("store")
    ('comedy', 'man', 'status', 'store')
    """
    lower = word.lower()
    return _NOUNS.get(lower) or _plural(lower)


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _past_and_gerund(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    for ending in ("ed", "ing"):
        root = word[: -len(ending)]
        if word.endswith(ending) and _has_vowel(root) and len(root) > 2:
            return _mend(root)
    return word


def _mend(root: str) -> str:
    """What is left after -ed or -ing, made a word again: hopp → hop, hous → house."""
    if root.endswith(("at", "bl", "iz")):
        return root + "e"
    if len(root) > 1 and root[-1] == root[-2] and root[-1] not in "lsz" and not _vowel(root, -1):
        return root[:-1]
    if _measure(root) == 1 and _short_end(root):
        return root + "e"
    return root


def _final_y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and _has_vowel(word[:-1]) else word


_REPLACED = """
ational=ate tional=tion ization=ize fulness=ful ousness=ous iveness=ive ality=al aliti=al
iviti=ive biliti=ble ation=ate izer=ize entli=ent ousli=ous alli=al abli=able ator=ate icate=ic
ative= alize=al iciti=ic ical=ic ful= ness=
"""
_LONG = tuple(tuple(pair.split("=")) for pair in _REPLACED.split())
_DROPPED = "ement ance ence able ible ment sion tion ant ent ism ate iti ous ive ize al er ic"
_LAST = tuple(_DROPPED.split())


def _strip_suffixes(word: str) -> str:
    for suffix, instead in _LONG:
        if word.endswith(suffix) and _measure(word[: -len(suffix)]) > 0:
            word = word[: -len(suffix)] + instead
            break
    for suffix in _LAST:
        if word.endswith(suffix):
            root = word[: -len(suffix)]
            if suffix in ("tion", "sion"):
                root = word[:-3]
            return root if _measure(root) > 1 else word
    return word


def _tidy_end(word: str) -> str:
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _short_end(word[:-1])):
            return word[:-1]
    if word.endswith("ll") and _measure(word[:-1]) > 1:
        return word[:-1]
    return word


def _vowel(word: str, at: int) -> bool:
    letter = word[at]
    return letter in "aeiou" or (letter == "y" and len(word) > 1 and word[at - 1] not in "aeiou")


def _has_vowel(word: str) -> bool:
    return any(_vowel(word, i) for i in range(len(word)))


def _measure(word: str) -> int:
    """Porter's m: how many times a run of vowels is followed by a run of consonants."""
    vowels = [_vowel(word, i) for i in range(len(word))]
    return sum(1 for before, after in pairwise(vowels) if before and not after)


def _short_end(word: str) -> bool:
    """Ends consonant, vowel, consonant, the last not w, x or y."""
    return (
        len(word) > 2
        and not _vowel(word, -3 + len(word))
        and _vowel(word, len(word) - 2)
        and not _vowel(word, len(word) - 1)
        and word[-1] not in "wxy"
    )


def normalised(question: str) -> str:
    """The question as another asker might have typed it: case, spaces and end signs left out.

    >>> normalised(" How many  customers? ")
    'how many customers'
    """
    return " ".join(question.casefold().split()).rstrip("?!. ")
