"""Before 1.98 upstream's streams have no finalizer.

Intent: transparency
Upstream: none yet
Remove when: the fork no longer builds releases before 1.98.
"""
