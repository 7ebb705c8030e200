"""The outside world: databases and models as they really are."""
