"""Before 1.101 the input of a Responses request is not counted on a route of its own.

Intent: forwarding
Upstream: none yet
Remove when: the fork no longer builds releases before 1.101.
"""
