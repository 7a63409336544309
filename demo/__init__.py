"""What LiteLLM sends for an Anthropic OAuth token: `make demo` compares the fork with upstream, `make proxy` starts the fork's proxy."""
