"""The helpers every Anthropic call path builds its headers with: they ask the policy what to send for an OAuth token.

Upstream misses a lower-case scheme, a trailing newline and a token in x-api-key, sends ANTHROPIC_AUTH_TOKEN without the OAuth beta, and
leaves the browser header off on all paths but chat and messages.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream's own helpers send the header set of docs/wire-contract.md for every credential source.
"""

from collections.abc import Mapping
from typing import Final

from litellm.litellm_core_utils.oauth_failures import authentication_error
from litellm.llms.anthropic.oauth import (
    OAUTH_PROVIDERS,
    InvalidTokenError,
    OAuthToken,
    first_credential,
    has_token,
    holds_token,
    oauth_token,
    set_anthropic_headers,
    token_in_headers,
)
from litellm.llms.anthropic.oauth import is_anthropic_oauth_key as _is_oauth_key
from litellm.secret_managers.main import get_secret_str
from litellm.types.utils import LlmProviders

ANTHROPIC_OAUTH_FORWARD_PROVIDERS: Final[frozenset[str]] = OAUTH_PROVIDERS | {LlmProviders.ANTHROPIC.value}


def is_anthropic_oauth_key(value: object) -> bool:
    """Whether a value is an Anthropic OAuth token, raw or as a bearer; False for whatever is not a string."""
    return _is_oauth_key(value)


def optionally_handle_anthropic_oauth(
    headers: dict[str, str],  # mutable-ok: upstream has one
    api_key: str | None,
) -> tuple[dict[str, str], str | None]:  # mutable-ok: as above
    """The headers and the key of a request, with an OAuth token from the headers, `api_key` or the environment put in place.

    Returns new headers and the token; the given headers and `api_key` where neither is a token.
    Raises AuthenticationError for a malformed token.
    """
    if api_key and not holds_token(api_key) and not has_token(headers):
        return headers, api_key
    try:
        given: Final = token_in_headers(headers)
        token: Final = OAuthToken(given) if given is not None else AnthropicModelInfo.get_api_key(api_key)
        if oauth_token(token) is None:
            return headers, api_key
    except InvalidTokenError as error:
        raise authentication_error(str(error)) from None
    return set_anthropic_headers(headers, token), token


class AnthropicModelInfo:
    @staticmethod
    def get_api_key(api_key: str | None = None) -> str | None:
        """The key, ANTHROPIC_API_KEY or an OAuth token in ANTHROPIC_AUTH_TOKEN, in this order; None without one. A blank is unset.

        Raises AuthenticationError for a malformed token.
        """
        try:
            if (given := first_credential(api_key=api_key)) is not None:
                return given
            return first_credential(
                env_api_key=get_secret_str("ANTHROPIC_API_KEY"), env_auth_token=get_secret_str("ANTHROPIC_AUTH_TOKEN")
            )
        except InvalidTokenError as error:
            raise authentication_error(str(error)) from None

    def _credential_headers(self, *, api_key, betas):
        if is_anthropic_oauth_key(api_key):
            written: Final = set_anthropic_headers({}, api_key)
            betas.update(written["anthropic-beta"].split(","))
            return written
        ...

    @staticmethod
    def _oauth_bearer_header(token: str) -> Mapping[str, str]:
        return set_anthropic_headers({}, token)
