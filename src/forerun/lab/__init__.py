"""Measuring Forerun: evaluation against known answers."""
