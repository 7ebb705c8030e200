"""What an experiment's decision can be. Needs none of the libraries that decide."""

from enum import StrEnum


class Action(StrEnum):
    PROMOTE = "promote"
    HOLD = "hold"
    """Go on as it is."""
    ROLL_BACK = "roll_back"
    INCONCLUSIVE = "inconclusive"
    """The horizon is reached and nothing is proven."""
    INVALID_SRM = "invalid_srm"
    """The arms are not what was planned; nothing may be concluded."""
    NO_DATA = "no_data"
