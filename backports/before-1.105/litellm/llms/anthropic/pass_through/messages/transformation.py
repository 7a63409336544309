"""Before 1.105 messages are transformed in `experimental_pass_through/`: there is no such file.

Intent: headers
Upstream: none yet
Remove when: the fork no longer builds releases before 1.105.
"""
