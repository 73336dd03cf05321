"""Demonstrations: a small business for a partnership model, with made-up usage, played from calls to ledgers."""

from .play import Demonstration, models, prepare

__all__ = ["Demonstration", "models", "prepare"]
