"""Before 1.103 OCR is not dispatched to a Rust route here: there is no such file.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: the fork no longer builds releases before 1.103.
"""
