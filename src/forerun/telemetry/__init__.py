"""What finished questions tell: spans, outcomes, figures, metrics and log lines.

Everything is derived from the finished Answer, in the background; nothing here is part of a
question, and nothing that goes wrong here is told to who asked.
"""
