"""What the suites share: a stand-in for Anthropic, origins of others, credentials put together at run time, and the table of call paths."""
