"""Before 1.83.8 no advisor is asked: there is no such file.

Intent: forwarding
Upstream: none yet
Remove when: the fork no longer builds releases before 1.83.8.
"""
