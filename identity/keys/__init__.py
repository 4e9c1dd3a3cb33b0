"""The nodes' keys: made, derived or imported, encrypted in files, kept a second time."""
