"""What survives a power cut: slots for small state, a journal for messages that must arrive."""
