"""Before 1.105 upstream compresses no answer.

Intent: transparency
Upstream: BerriAI/litellm#19017
Remove when: the fork no longer builds releases before 1.105.
"""
