"""Before 1.105 no advisor is asked here: there is no such file.

Intent: forwarding
Upstream: none yet
Remove when: the fork no longer builds releases before 1.105.
"""
