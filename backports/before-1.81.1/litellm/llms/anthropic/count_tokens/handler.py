"""Before 1.81.1 upstream counts no tokens at Anthropic's own endpoint: there is no such file.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the fork no longer builds releases before 1.81.1.
"""
