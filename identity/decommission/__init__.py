"""The way out: identities give up their nodes, and what they own comes home."""
