"""How modules reach the network where their cell has none: through the door that the host has put into it."""
