"""Before 1.105 messages are sent from `llms/anthropic/experimental_pass_through/`: there is no such file.

Intent: transparency
Upstream: none yet
Remove when: the fork no longer builds releases before 1.105.
"""
