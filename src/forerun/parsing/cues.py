"""The grammar's words: phrases that say what to do with the data, none that name any data."""

from __future__ import annotations

from dataclasses import dataclass

_CUES = """
count: how many | number of | the number of | total number of | total count of | count of | count
count: count the number of | how many different | amount of times | how often | numbers of
avg: average | mean | avg | averages | on average | average of | mean of
sum: total | sum | sum of | total sum of | combined | overall | in total | total amount of | how much
max: maximum | max ; min: minimum | min
most: most | the most number of | most number of | largest number of | highest number of | greatest
most: maximum number of | greatest number of | biggest number of | most of
least: least | fewest | least number of | lowest number of | smallest number of | fewest number of
least: minimum number of
high: highest | largest | biggest | best | greatest ; low: lowest | smallest | worst
first: top ; last: bottom
common: most common | most popular | most frequent | most frequently | most often | most commonly
common: commonest | most used | most frequently used | most commonly used
rare: least often | least common | least popular | least frequent | rarest | least used | least frequently
>: more than | greater than | over | above | larger than | higher than | exceeds | exceeding | bigger than
>: exceed | in excess of | strictly more than | > | better than
>=: at least | or more | or above | or higher | no less than | not less than | minimum of | >=
>=: no fewer than | higher than or equal to | equal to or more than | equal or more than | greater than or equal to | or over | more than or equal to
<: less than | fewer than | under | below | smaller than | lower than | <
<=: at most | or less | or fewer | or below | no more than | not more than | maximum of | <= | up to
<=: less than or equal to | lower than or equal to | equal to or less than | equal or less than | or under | or lower
=: equals | equal to | exactly | = | is exactly | equal
between: between | ranging from | in the range of | in the range
not: not | is not | are not | other than | except | excluding | except for | != | was not | were not
not: different from | cannot
without: without | no | never | without any | not any | none | do not have | does not have | did not have
without: do not have any | does not have any | have no | has no | had no
without: did not have any | with no | have never | has never
without: without a | lacking | have not | has not | not have | not have any | do not | does not | did not
or: or | either ; both: both ; also: but also | and also
and: and | as well as | along with | together with | also | & | plus | with their | with its
distinct: distinct | different | unique
each: each | every | per | for each | for every | of each | in each | each of | grouped by | group by
each: for all | by each | broken down by | across | for each of | per each | of every | from each
by: by
order: order by | ordered by | sorted by | sort by | in order of | ranked by | rank by | ordered | sorted
order: order | sort | in the order of | order them by | sort them by | sort the | sorted in | listed in
order: in order | order the results by | sort the results by | order the result by | sort the results
desc: descending | descending order | in descending order | decreasing | from highest to lowest | desc
desc: in decreasing order | decreasing order | reverse alphabetical | in reverse alphabetical order
desc: descending order of | in descending order of | from high to low | largest first | highest first
desc: from most to least | from largest to smallest | from oldest to youngest | most recent first
asc: ascending | ascending order | in ascending order | increasing | from lowest to highest | asc
asc: alphabetical | alphabetically | in alphabetical order | alphabetical order | lexicographical
asc: in increasing order | increasing order | in lexicographical order | from low to high
asc: ascending order of | in ascending order of | in alphabetical order of | alphabetic order
asc: from youngest to oldest | from smallest to largest | lexicographic order | chronological order
asc: alphabetical order of | in chronological order | alphabetically by | alphabetical order by
starts: start with | starts with | starting with | begin with | begins with | beginning with
starts: starts with the letter | starting with the letter | start with the letter
starts: begins with the letter | beginning with the letter
ends: end with | ends with | ending with | ends in | ending in | end in
contains: contain | contains | containing | including | include | includes | has the substring
contains: containing the word | contains the word | contain the word | with the substring | include the word
contains: that contain the word | includes the word | including the word | has the word
with: with | having | has | have | had ; whose: whose ; who: who ; that: that | which | where
for: for ; in: in | inside | within | located in | based in ; from: from ; at: at ; on: on ; of: of ; to: to
is: is | are | was | were | be | being | been ; as: as ; than: than
comma: ,
"""

_STOP = """
a an the all any some this these those there their theirs them they it its he she his her him we us
our i me my you your do does did can could would will shall should may might must please tell show
list find give return display get provide what which who whom when where why how much many one ones
if then so such into out only just every name's s t re ve ll d let know want see need like same
information info details detail data record records entry entries result results value values
respective corresponding currently current exist exists existing happen happened available recorded
contained called named shown belonging belong belongs associated related correspond respectively
made make makes used use uses using came come comes overall database table column row rows
together say asked ask report compute calculate determine identify select retrieve look enumerate
here about there've been being following given each's us he's kind kinds other others another number
also among amongst out off very own more held hold holds across possible certain particular
"""

_ADJECTIVES = """
oldest: age+ birth- year- date- ; youngest: age- birth+ year+ date+
older: age+ birth- ; younger: age- birth+
longest: length+ duration+ distance+ time+ ; shortest: length- duration- height- distance- time-
longer: length+ duration+ ; shorter: length- duration- height-
tallest: height+ ; taller: height+ ; highest: ; heaviest: weight+ ; heavier: weight+
lightest: weight- ; lighter: weight-
cheapest: price- cost- fee- ; cheaper: price- cost- fee-
most expensive: price+ cost+ fee+ ; more expensive: price+ cost+ fee+ ; costliest: price+ cost+
least expensive: price- cost- ; less expensive: price- cost-
fastest: speed+ time- ; faster: speed+ ; slowest: speed- ; slower: speed-
newest: date+ year+ ; latest: date+ year+ time+ ; most recent: date+ year+ time+ ; recent: date+ year+
most recently: date+ year+ time+ ; earliest: date- year- time- ; earlier: date- year-
how old: age+ ; old: age+ ; how tall: height+ ; how long: length+ duration+ ; how heavy: weight+
later: date+ year+ ; newer: date+ year+ ; richest: income+ wealth+ salary+ ; poorest: income- wealth-
"""


@dataclass(frozen=True, slots=True)
class Adjective:
    """A comparative or superlative that implies what is measured: `older` → age, birth date."""

    word: str
    hints: tuple[tuple[str, bool], ...]
    """Stem of what is measured, and whether more of it makes the adjective truer."""
    degree: str
    """plain, comparative or superlative."""


def _phrases(text: str) -> dict[tuple[str, ...], str]:
    found = {}
    for line in text.strip().splitlines():
        for entry in line.split(" ; "):
            tag, _, phrases = entry.partition(": ")
            for phrase in phrases.split(" | "):
                found[tuple(phrase.split())] = tag.strip()
    return found


def _adjectives(text: str) -> dict[tuple[str, ...], Adjective]:
    found = {}
    for line in text.strip().splitlines():
        for entry in line.split(" ; "):
            word, _, hints = entry.strip().partition(":")
            pairs = tuple((hint[:-1], hint[-1] == "+") for hint in hints.split())
            found[tuple(word.split())] = Adjective(word, pairs, _degree(word))
    return found


def _degree(word: str) -> str:
    if word.startswith("how ") or word == "old":
        return "plain"
    if word.endswith("est") or word.startswith(("most ", "least ")):
        return "superlative"
    return "comparative"


CUES = _phrases(_CUES)
STOP = frozenset(_STOP.split())
ADJECTIVES = _adjectives(_ADJECTIVES)
LONGEST = max(map(len, CUES))

AGGREGATES = ("avg", "sum", "max", "min")
COMPARATORS = (">", ">=", "<", "<=", "=")
CLAUSES = frozenset(("with", "whose", "who", "that", "for", "in", "from", "each", "by", "order"))
"""Cues that open a part of the question and colour what follows until the next one."""

UNITS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"} | {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annually": "year", "annual": "year",
}  # fmt: skip
