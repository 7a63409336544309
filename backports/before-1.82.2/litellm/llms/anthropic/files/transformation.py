"""Before 1.82.2 upstream has no files API for Anthropic beyond a batch's results: there is no such file.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the fork no longer builds releases before 1.82.2.
"""
