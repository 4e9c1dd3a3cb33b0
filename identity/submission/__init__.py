"""Signs the wallet's transactions, sends each once and waits for it. No other package sends from the wallet."""
