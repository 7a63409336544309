"""Before 1.102 OCR is a call of `client`, which scopes its caller's token.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: the fork no longer builds releases before 1.102.
"""
