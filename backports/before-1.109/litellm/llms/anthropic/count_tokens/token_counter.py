"""Before 1.109 upstream takes no client's token to a token counter.

Intent: scope
Upstream: BerriAI/litellm#42172
Remove when: the fork no longer builds releases before 1.109.
"""
