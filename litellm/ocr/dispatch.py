"""OCR, which goes by neither `client` nor an HTTP client of Python's, scopes its caller's token.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider before it hands a call to Rust.
"""

from litellm.litellm_core_utils.oauth_failures import marks_failure
from litellm.litellm_core_utils.oauth_scope import scopes_client_token


@scopes_client_token
@marks_failure
def ocr(*args, **kwargs): ...


@scopes_client_token
@marks_failure
async def aocr(*args, **kwargs): ...
