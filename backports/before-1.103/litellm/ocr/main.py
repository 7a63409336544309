"""OCR, which goes by neither `client` nor an HTTP client of Python's from 1.102 on, scopes its caller's token.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: the fork no longer builds releases before 1.103.
"""

from litellm.litellm_core_utils.oauth_failures import marks_failure
from litellm.litellm_core_utils.oauth_scope import scopes_client_token


@scopes_client_token
@marks_failure
def ocr(*args, **kwargs): ...


@scopes_client_token
@marks_failure
async def aocr(*args, **kwargs): ...
