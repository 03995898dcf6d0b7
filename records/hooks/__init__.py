"""Webhooks, by the Standard Webhooks specification (standardwebhooks.com, 1.0.0): what changed is told to an address.

feed → messages      telling.py: what changed since a webhook was last told, as far as its owner may see it today
message → request    payload.py: its body; signing.py: its headers, with secrets that nobody keeps
request → receiver   posting.py: one request within a deadline; addresses.py: where to it may go
messages → attempts  sending.py: claimed, tried, tried again later, given up; a thread of each worker does it
owners               commands.py; api.py and pages.py are the two doors
"""
