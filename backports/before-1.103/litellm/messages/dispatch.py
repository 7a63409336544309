"""Before 1.103 messages are not dispatched to a Rust route here: there is no such file.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the fork no longer builds releases before 1.103.
"""
