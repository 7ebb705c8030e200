"""Statistics of an experiment that may be looked at any time: however often, nothing is spoilt.

Pure functions over arrays. They need the `rollout` extra (numpy, scipy), so nothing here is
imported before an experiment is judged. `decide.py` is the rule; read it first.
"""
