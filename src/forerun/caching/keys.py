"""The key of a question: a keyed hash over everything that its answer hangs on.

Which arm answers is left out, since arms give equal answers. So is what the database holds: that
is kept beside the value and compared on every read, which leaves one entry a question and
something to fall back on when the database cannot be reached.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from forerun.domain import Asker, Question, Shelf, Turn

KEY_BYTES = 20
LONGEST_SECRET = 64
"""Bytes, by blake2b."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the answers of one process about one database hang on, whatever is asked."""

    database: str
    """Names the database among all; see `Labels.database`."""
    dialect: str
    makers: str
    """A digest of all that can change an answer: models, prompts, thresholds, what the team
    knows, the version of Forerun."""


@dataclass(frozen=True, slots=True)
class QuestionKeys:
    """Where the answer is, if it hangs on today's date, and if it does not."""

    timeless: str
    dated: str

    @property
    def both(self) -> tuple[str, str]:
        return self.timeless, self.dated

    def either(self, *, dated: bool) -> str:
        return self.dated if dated else self.timeless


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes keys for one database. Each tenant's are made with a key of its own."""

    circumstances: Circumstances
    secret: bytes = b""
    _tenants: dict[str, bytes] = field(default_factory=dict, repr=False)
    _said: str = field(init=False, repr=False, compare=False)
    """The circumstances in words: they are in every key, and long."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_said", repr(self.circumstances))

    def knowing(self, digest: str) -> Keys:
        """The same for answers that hang on more than those of the others: `digest` is of that."""
        circumstances = self.circumstances
        return replace(
            self, circumstances=replace(circumstances, makers=f"{circumstances.makers}+{digest}")
        )

    def of_question(self, question: Question) -> QuestionKeys:
        """By its words, and by the turns that they may refer to."""
        return self._both(Shelf.ANSWERS, question, canonical(question.text), question.conversation)

    def of_meaning(self, question: Question, meaning: str) -> QuestionKeys:
        """By what it means, however it was said and whatever was said before.

        A meaning in words is a question that stands alone, and has the same keys.
        """
        return self._both(Shelf.ANSWERS, question, canonical(meaning), ())

    def of_draft(self, question: Question, told: str) -> QuestionKeys:
        """`told` is all that its author is told, the time left out: a whole schema, mostly."""
        digest = blake2b(told.encode("utf-8", "replace"), digest_size=KEY_BYTES).hexdigest()
        return self._both(Shelf.DRAFTS, question, digest, ())

    def of_catalog(self, asker: Asker) -> str:
        return self._hashed(asker, (Shelf.CATALOGS.value, self._said))

    def _both(
        self, shelf: Shelf, question: Question, text: str, conversation: Sequence[Turn]
    ) -> QuestionKeys:
        limits, now = question.limits, question.now
        parts = (
            shelf.value,
            self._said,
            text,
            [(t.question, t.standalone, t.sql, t.sure) for t in conversation],
            limits.max_rows,
            limits.max_bytes,
            question.guess,
            now.utcoffset(),
        )
        asker = question.asker
        return QuestionKeys(
            self._hashed(asker, parts), self._hashed(asker, (*parts, now.date().isoformat()))
        )

    def _hashed(self, asker: Asker, parts: tuple[object, ...]) -> str:
        text = repr((asker.permissions, parts))
        key = self._tenant_key(asker.tenant)
        return blake2b(text.encode("utf-8", "replace"), digest_size=KEY_BYTES, key=key).hexdigest()

    def _tenant_key(self, tenant: str) -> bytes:
        key = self._tenants.get(tenant)
        if key is None:
            secret = self.secret[:LONGEST_SECRET]
            name = tenant.encode("utf-8", "surrogatepass")  # "replace" would make two tenants one
            key = blake2b(name, key=secret, digest_size=32).digest()
            if len(self._tenants) < 10_000:
                self._tenants[tenant] = key
        return key


_QUOTES = frozenset("'\"`´‘’‚‛“”„‟«»‹›")


def canonical(text: str) -> str:
    """The same question as far as that is sure: spaces and closing question marks say nothing,
    unless something is quoted.

    Capitals do: `US` is not `us`.

    >>> canonical("How many  customers are there ?")
    'How many customers are there'
    """
    if _QUOTES.isdisjoint(text):
        text = " ".join(unicodedata.normalize("NFC", text).split())
    return text.strip().rstrip("? ")
