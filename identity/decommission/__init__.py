"""Decommissions identities: releases and deregisters their nodes, and drains their Safes and nodes."""
