"""What leaves the process for Anthropic and for others: every call path, every credential source, whole header sets."""
