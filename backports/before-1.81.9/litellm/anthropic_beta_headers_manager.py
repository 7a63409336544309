"""Before 1.81.9 upstream filters no betas: there is no such file.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the fork no longer builds releases before 1.81.9.
"""
