"""Before 1.101 a stream is not made to name the model as the client did.

Intent: transparency
Upstream: none yet
Remove when: the fork no longer builds releases before 1.101.
"""
