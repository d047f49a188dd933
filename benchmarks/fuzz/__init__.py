"""Random and broken programs: whatever they do, the tool itself must not fail."""
