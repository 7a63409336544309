"""Before 1.109 advisors are asked in `llms/anthropic/pass_through/`: there is no such file.

Intent: forwarding
Upstream: none yet
Remove when: the fork no longer builds releases before 1.109.
"""
