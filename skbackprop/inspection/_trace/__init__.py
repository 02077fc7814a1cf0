"""The trace of a forward and a backward pass: its numbers, and how they are shown."""
