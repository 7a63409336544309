"""Before 1.95 upstream knows no failure that says nothing of a deployment: the Router's own callback is touched instead.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.95.
"""
