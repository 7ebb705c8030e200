"""Honest rollout: flags, experiments, shadow runs, and decisions by statistics."""
