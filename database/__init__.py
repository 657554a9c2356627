"""How we ask the database where the usual way is too slow. Knows no model."""
