"""The nodes' keys: generated, derived or imported, encrypted in identity files, copied to escrow."""
