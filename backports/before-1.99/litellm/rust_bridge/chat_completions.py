"""Before 1.99 chat completions have no Rust route: there is no such file.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the fork no longer builds releases before 1.99.
"""
