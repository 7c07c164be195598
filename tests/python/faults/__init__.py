"""Faults, injected: each is tried many times and counted (`make faults`), a few times in a test."""
