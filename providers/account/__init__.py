"""What a provider says of the account behind an API key, and the keys that a management key makes there.

`answers` reads what is said, `reading` asks for it, `managing` makes, changes and deletes keys, `words` says why not.
"""
