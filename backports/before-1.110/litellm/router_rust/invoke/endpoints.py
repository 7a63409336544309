"""Before 1.110 the Router's core is Python: there is no such file.

Intent: privacy
Upstream: none yet
Remove when: the fork no longer builds releases before 1.110.
"""
