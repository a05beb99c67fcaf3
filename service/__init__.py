"""Gatepost: a comment moderation service that owns its judgement and keeps what it acknowledged."""

__version__ = "0.1.0"
