"""Measurements of the tool: what it costs, and what it says of public programs."""
