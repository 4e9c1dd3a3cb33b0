"""The contracts: their interfaces and addresses, the calls made to them, what they answer when they refuse. Pure."""
