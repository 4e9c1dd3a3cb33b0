"""Where the wallet's key and the passwords lie, and who signs with them."""
