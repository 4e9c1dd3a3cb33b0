"""Verifies identities without changing anything, and lists what a restore would find."""
