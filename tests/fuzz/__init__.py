"""Damaged files thrown at extraction, and what must hold of every one of them. `python -m tests.fuzz` (`make fuzz`)."""
