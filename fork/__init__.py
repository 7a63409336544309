"""The tool that builds this fork from the pinned upstream release: merge, pins, wheel. It knows nothing of what the overlay is about."""
