"""The helpers that every Anthropic call path of this release builds its headers with: they ask the policy what to send for an OAuth token.

These releases know a token in Authorization only, replace the caller's betas by the OAuth one and keep x-api-key beside the bearer. Before
1.82.5 they read no ANTHROPIC_AUTH_TOKEN. Whoever asks for the key gets its OAuth token where no key is set; a blank one is none.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

import httpx

import litellm
from litellm.litellm_core_utils.oauth_failures import authentication_error
from litellm.llms.anthropic.oauth import (
    InvalidTokenError,
    OAuthToken,
    first_credential,
    oauth_token,
    set_anthropic_headers,
    token_in_headers,
)
from litellm.llms.anthropic.oauth import is_anthropic_oauth_key as _is_oauth_key
from litellm.llms.anthropic.oauth_headers import writes_oauth_token
from litellm.secret_managers.main import get_secret_str


def is_anthropic_oauth_key(value: object) -> bool:
    """Whether a value is an Anthropic OAuth token, raw or as a bearer; False for whatever is not a string."""
    return _is_oauth_key(value)


def optionally_handle_anthropic_oauth(
    headers: dict[str, str], api_key: str | None
) -> tuple[dict[str, str], str | None]:
    """The headers and the key of a request, with an OAuth token from the headers, `api_key` or the environment put in place.

    Returns new headers and the token; the given headers and the key that is set, none for a blank one, where neither is a token.
    Raises AuthenticationError for a malformed token.
    """
    try:
        given = token_in_headers(headers)
        token = OAuthToken(given) if given is not None else AnthropicModelInfo.get_api_key(api_key)
        if oauth_token(token) is None:
            is_blank = isinstance(api_key, str) and api_key.isspace()
            return headers, token or (None if is_blank else api_key)
    except InvalidTokenError as error:
        raise authentication_error(str(error)) from None
    return set_anthropic_headers(headers, token), token


class AnthropicModelInfo:
    @writes_oauth_token
    def validate_environment(
        self, headers, model, messages, optional_params, litellm_params, api_key=None, api_base=None
    ): ...

    @staticmethod
    def get_api_key(api_key: str | None = None) -> str | None:
        """The key, ANTHROPIC_API_KEY or an OAuth token in ANTHROPIC_AUTH_TOKEN, in this order; None without one. A blank is unset.

        Raises AuthenticationError for a malformed token.
        """
        key, auth_token = get_secret_str("ANTHROPIC_API_KEY"), get_secret_str("ANTHROPIC_AUTH_TOKEN")
        try:
            return first_credential(api_key=api_key, env_api_key=key, env_auth_token=auth_token)
        except InvalidTokenError as error:
            raise authentication_error(str(error)) from None

    @staticmethod
    def get_auth_token(auth_token: str | None = None) -> str | None:
        """The bearer that is given, or ANTHROPIC_AUTH_TOKEN, stripped; None without one. A blank is unset."""
        return (auth_token or get_secret_str("ANTHROPIC_AUTH_TOKEN") or "").strip() or None

    def get_models(self, api_key: str | None = None, api_base: str | None = None) -> list[str]:
        """The ids that Anthropic lists, each as `anthropic/<id>`.

        Raises ValueError, naming what to set, without a credential, and Exception with Anthropic's answer where it refuses.
        """
        key, auth_token = AnthropicModelInfo.get_api_key(api_key), AnthropicModelInfo.get_auth_token()
        if key is None and auth_token is None:
            raise ValueError(
                "To list Anthropic's models, pass api_key or set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN."
            )
        bearer = {"authorization": f"Bearer {auth_token}"} if key is None else {}
        listed = litellm.module_level_client.get(
            url=f"{AnthropicModelInfo.get_api_base(api_base)}/v1/models",
            headers=set_anthropic_headers({"anthropic-version": "2023-06-01", **bearer}, key),
        )
        try:
            listed.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise Exception(f"Anthropic did not list its models: {listed.status_code} {listed.text}") from error
        return [f"anthropic/{model['id']}" for model in listed.json()["data"]]
