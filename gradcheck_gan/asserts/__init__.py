"""What assertions, tests and steps rest on: from a loss and a player to a verdict."""
