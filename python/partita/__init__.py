"""Partita rates usage, bills customers and settles with partners.

Arrow goes in and Arrow comes out; every amount is an exact decimal, rounded once.
"""

__version__ = "0.1.0"
