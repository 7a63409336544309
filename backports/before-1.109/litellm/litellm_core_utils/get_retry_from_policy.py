"""Before 1.109 retry policies are read in `router_utils`.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.109.
"""
