"""Before 1.87 the Router reads nothing of a stream of Responses that has broken off. On 1.86 the touch is idle: no layer is for it alone.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.86.
"""
