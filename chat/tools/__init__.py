"""Tools that a model may call: what was declared, what it called, and what a person says came of it.

Nothing is ever executed here. Pure: no Django, no I/O.
"""
