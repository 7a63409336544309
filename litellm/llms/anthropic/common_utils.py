"""The helpers every Anthropic call path builds its headers with: they ask the policy what to send for an OAuth token.

Upstream misses a lower-case scheme, a trailing newline and a token in x-api-key, sends ANTHROPIC_AUTH_TOKEN without the OAuth beta, and
leaves the browser header off on all paths but chat and messages.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream's own helpers send the header set of README's wire contract for every credential source.
"""

from typing import Final

from litellm.litellm_core_utils.client_token import authentication_error, with_oauth_headers
from litellm.llms.anthropic.oauth import OAUTH_PROVIDERS, InvalidTokenError, oauth_token, set_anthropic_headers, token_in_headers
from litellm.llms.anthropic.oauth import is_anthropic_oauth_key as _is_oauth_key

ANTHROPIC_OAUTH_FORWARD_PROVIDERS: Final[frozenset[str]] = OAUTH_PROVIDERS


def is_anthropic_oauth_key(value: object) -> bool:
    """Whether a value is an Anthropic OAuth token, raw or as a bearer; False for whatever is not a string."""
    return _is_oauth_key(value)


def optionally_handle_anthropic_oauth(headers: dict, api_key: str | None) -> tuple[dict, str | None]:
    """The headers and the key of a request, with an OAuth token from the headers or else from `api_key` put in place.

    Returns new headers and the token; the given headers and `api_key` where neither is a token.
    Raises AuthenticationError for a malformed token.
    """
    try:
        token = token_in_headers(headers) or oauth_token(api_key)
    except InvalidTokenError as error:
        raise authentication_error(str(error)) from None
    return (headers, api_key) if token is None else (set_anthropic_headers(headers, token), token)


class AnthropicModelInfo:
    @with_oauth_headers
    def validate_environment(self, headers, model, messages, optional_params, litellm_params, api_key=None, api_base=None): ...

    @staticmethod
    @with_oauth_headers
    def _static_auth_header(api_key, api_base, use_bearer_for_custom_base): ...

    @staticmethod
    @with_oauth_headers
    def _oauth_bearer_header(token): ...
