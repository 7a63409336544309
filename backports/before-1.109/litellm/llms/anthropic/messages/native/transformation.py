"""Before 1.109 messages are sent from `llms/anthropic/pass_through/`: there is no such file.

Intent: transparency
Upstream: none yet
Remove when: the fork no longer builds releases before 1.109.
"""
