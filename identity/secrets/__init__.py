"""The sources of the wallet's key and the passwords, and the signers that use them."""
