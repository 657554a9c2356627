"""The demo provider: built in, without a key and without a network, and spoken to like any other.

It is a transport for the HTTP client that answers in the gateway's wire format, so that all code above it is the code
that real providers meet. Its answers are canned and say so.
"""
