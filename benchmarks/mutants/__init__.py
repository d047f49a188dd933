"""Faults planted in right programs: how many the tool finds, and how often it is wrong."""
