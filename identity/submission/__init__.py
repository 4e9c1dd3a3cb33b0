"""Transactions of the wallet: signed, sent once, waited for; nothing else sends for it."""
