"""The vocabulary of law that every other room shares: pure functions and frozen dataclasses, no I/O."""
