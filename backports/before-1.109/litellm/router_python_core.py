"""Before 1.109 the Router itself is Python: there is no such file.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.109.
"""
