"""What there is to say of a LiteLLM that is to send Anthropic OAuth tokens: which credential goes where, and what is wrong.

Intent: scope
Upstream: none yet
Remove when: upstream tells an operator which credential goes where.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final  # noqa: TID251  # what a configuration holds is found out value by value

import litellm
from litellm.litellm_core_utils.oauth_masking import masked
from litellm.llms.anthropic import oauth
from litellm.llms.anthropic.doctor_config import Config, named_variable
from litellm.llms.anthropic.oauth_origins import ORIGINS_ENV, InvalidOriginError, parse_origins

ERROR: Final = "error"
WARNING: Final = "warning"
_ORIGINS: Final = "anthropic_oauth_origins"
_ORIGINS_SETTING: Final = f"litellm_settings: {_ORIGINS}"
# What is meant as a credential, and the user and password of a URL.
_LIKE_A_SECRET: Final = re.compile(r"\bsk-[\w-]{6,}|(?<=//)[^/\s@]+@")
_EACH_REQUESTS: Final = "the provider of each request's model"
_USELESS: Final = {
    "sk-ant-admin": ("an admin key", "calls no model"),
    "sk-ant-ort": ("a refresh token", "has to be exchanged for an access token first"),
}


@dataclass(frozen=True)
class Finding:
    """Something to know. level: `error` or `warning`. where: `file:line`, or a setting's name."""

    level: str
    where: str
    says: str
    remedy: str


@dataclass(frozen=True)
class Deployment:
    """Where a deployment leads, and with which credential.

    own: the name of what is sent for a client without a token; None for nothing. why: a client's token is sent, or is not.
    call: model, `api_key` and `api_base` of a call to it, in no report.
    """

    name: str
    where: str
    provider: str
    origin: str
    own: str | None
    takes_clients_token: bool
    why: str
    call: Mapping[str, str | None] = field(repr=False)


class Diagnosis:
    """What an installation, an environment and a configuration say. Sends nothing, and runs nothing of the operator's."""

    def __init__(self, config: Config, environment: Mapping[str, str]) -> None:
        given: Final = config.section("environment_variables")
        self._config = config
        self._environment = {**environment, **{name: value for name, value in given.items() if isinstance(value, str)}}
        self._secrets: set[str] = set()  # mutable-ok: grows value by value
        self.version = importlib.metadata.version("litellm")
        self.is_proxy = bool(config.data)
        self.key_header = str(config.section("general_settings").get("litellm_key_header_name") or "x-litellm-api-key")
        self.findings: list[Finding] = []  # mutable-ok: grows as it is found
        self.deployments: list[Deployment] = []  # mutable-ok: as findings
        self.origins = self._allowed()
        self._look_at_installation()
        if self.is_proxy:
            self._look_at_settings()
            for number, entry in enumerate(config.entries("model_list")):
                self._look_at_model(entry, ("model_list", number))
            self._deployment("/anthropic (pass-through)", {"model": "anthropic/*"}, ())
        else:
            self._deployment("Python, without api_key and api_base", {"model": "anthropic/*"}, ())

    @property
    def is_well(self) -> bool:
        return all(finding.level != ERROR for finding in self.findings)

    def safe(self, text: str) -> str:
        """A text without any credential that was seen, or what looks like one."""
        longest_first: Final = sorted(self._secrets, key=len, reverse=True)
        told: Final = functools.reduce(lambda said, secret: said.replace(secret, "<credential>"), longest_first, text)
        return _LIKE_A_SECRET.sub("<credential>", str(masked(told)))

    def secret(self, value: str) -> str:
        """A value that safe() takes out of any text from now on."""
        self._secrets.add(value)
        return value

    def find(self, level: str, where: str, says: str, remedy: str) -> None:
        self.findings.append(Finding(level, where, says, remedy))

    def _allowed(self) -> Mapping[str, str]:
        """Each origin that a client's token may go to, and what lets it."""
        settings, found = self._config.section("litellm_settings"), {oauth.ANTHROPIC_ORIGIN: "Anthropic's own"}
        sources: Final = {ORIGINS_ENV: self._environment.get(ORIGINS_ENV)}
        if _ORIGINS in settings:
            sources[self._config.at("litellm_settings", _ORIGINS)] = settings[_ORIGINS]
        for source, value in sources.items():
            try:
                found.update(dict.fromkeys(sorted(parse_origins(value)), source))
            except InvalidOriginError as error:
                self.find(ERROR, source, str(error), "Mend the entry: with it, the proxy does not start.")
        return found

    def _look_at_installation(self) -> None:
        if "+oauth." not in self.version:
            no_fork: Final = f"The distribution, {self.version}, does not call itself the fork, although the fork's modules are there."
            self.find(WARNING, "installation", no_fork, "Install the fork with pip, from its checkout or repository.")
        if importlib.util.find_spec("litellm.litellm_core_utils.secret_redaction") is None:
            unredacted: Final = "This release has no redaction: at DEBUG it logs LiteLLM keys. Tokens are masked."
            self.find(WARNING, "installation", unredacted, "Keep the log level above DEBUG, or take a newer release.")
        elif self._environment.get("LITELLM_DISABLE_REDACT_SECRETS", "").lower() == "true":
            off: Final = "Redaction is off: LiteLLM may write API keys and LiteLLM keys into its log. Tokens are masked all the same."
            self.find(WARNING, "LITELLM_DISABLE_REDACT_SECRETS", off, "Unset it.")

    def _look_at_settings(self) -> None:
        config, general = self._config, self._config.section("general_settings")
        for section in ("general_settings", "router_settings"):
            if _ORIGINS in config.section(section):
                self.find(
                    ERROR,
                    config.at(section, _ORIGINS),
                    f"`{_ORIGINS}` is not read here.",
                    f"Move it to `{_ORIGINS_SETTING}`.",
                )
        if _ORIGINS in config.data:
            self.find(
                ERROR, config.at(_ORIGINS), f"`{_ORIGINS}` is not read here.", f"Move it to `{_ORIGINS_SETTING}`."
            )
        if "include" in config.data:
            self.find(
                WARNING,
                config.at("include"),
                "The files that `include` names are not looked at.",
                "Look at each with --config.",
            )
        if not config.entries("model_list"):
            self.find(
                WARNING,
                config.at("model_list"),
                "There is no list of models.",
                "Write `model_list:` with one entry a model.",
            )
        where: Final = config.at("general_settings", "master_key")
        master: Final = self._value(general.get("master_key", "os.environ/LITELLM_MASTER_KEY"))
        if master and oauth.holds_token(master):
            is_token: Final = "The master key is an Anthropic OAuth token, which no client can send as both."
            self.find(ERROR, where, is_token, "Generate a key of its own: sk-$(openssl rand -hex 24)")
        if not master and not general.get("custom_auth"):
            no_key: Final = "There is no LiteLLM key: whoever reaches the proxy may use the deployments' credentials."
            self.find(WARNING, where, no_key, "Set `general_settings: master_key`, or the variable that it names.")

    def _look_at_model(self, entry: object, path: tuple[object, ...]) -> None:
        named: Final[Mapping[str, object]] = entry if isinstance(entry, Mapping) else {}
        parameters: Final = named.get("litellm_params")
        if not isinstance(parameters, Mapping) or not isinstance(parameters.get("model"), str):
            no_model: Final = "This entry of `model_list` has no `litellm_params` with a `model`."
            self.find(
                ERROR,
                self._config.at(*path),
                no_model,
                "Write, below its `model_name`: litellm_params: {model: anthropic/...}",
            )
            return
        if "api_base" in str(parameters.get("configurable_clientside_auth_params")):
            chosen: Final = "A client may choose the `api_base`, and this deployment's own key goes wherever it says."
            where: Final = self._config.at(*path, "litellm_params", "configurable_clientside_auth_params")
            self.find(WARNING, where, chosen, "Take `api_base` off it, unless you would hand the key to each client.")
        self._deployment(
            str(named.get("model_name")), {**self._credential_of(parameters), **parameters}, (*path, "litellm_params")
        )

    def _credential_of(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `litellm_credential_name` stands for; nothing where the configuration does not say."""
        name, known = parameters.get("litellm_credential_name"), self._config.entries("credential_list")
        named: Final = [
            entry for entry in known if isinstance(entry, Mapping) and name and entry.get("credential_name") == name
        ]
        values: Final = [entry.get("credential_values") for entry in named]
        return next((each for each in values if isinstance(each, Mapping)), {})

    def _deployment(self, name: str, parameters: Mapping[str, Any], path: tuple[object, ...]) -> None:
        where: Final = self._config.at(*path) if path else "environment"
        provider: Final = _provider(parameters)
        if provider is None:
            unknown: Final = f"LiteLLM knows no provider of the model {parameters['model']!r}."
            self.find(
                ERROR,
                self._config.at(*path, "model"),
                unknown,
                f"Name the provider, as in anthropic/{parameters['model']}",
            )
            return
        own, key = self._own(provider, parameters, path)
        given: Final = parameters.get("api_base") or parameters.get("base_url")
        is_anthropic: Final = provider in oauth.OAUTH_PROVIDERS
        base: Final = self._value(given, is_secret=False) or (self._default_base() if is_anthropic else None)
        origin: Final = oauth.origin_of(base) if base else oauth.ANTHROPIC_ORIGIN if is_anthropic else "its own address"
        takes: Final = is_anthropic and origin in self.origins
        another: Final = "unless that is Anthropic" if provider == _EACH_REQUESTS else f"{provider} is not Anthropic"
        listed: Final = self.origins.get(origin or "", f"{origin or 'its api_base'} is no listed origin")
        why: Final = listed if is_anthropic else another
        if origin is None and is_anthropic:
            no_url: Final = "The `api_base` is no http(s) URL with a host to rely on (it is not shown)."
            self.find(
                ERROR,
                self._config.at(*path, "api_base"),
                no_url,
                "Write https://host[:port]/path, without user and password.",
            )
        elif is_anthropic and not takes and own is None:
            nothing: Final = f"Nothing can be sent to {origin}: no credential is configured for it, and a client's token may not go there."
            self.find(
                ERROR, where, nothing, f"Set an `api_key`; or, if the origin is yours, list it in `{_ORIGINS_SETTING}`."
            )
        call: Final = {"model": parameters["model"], "api_key": key, "api_base": base}
        self.deployments.append(
            Deployment(name, where, provider, origin or "an address that is not valid", own, takes, why, call)
        )

    def _own(
        self, provider: str, parameters: Mapping[str, Any], path: tuple[object, ...]
    ) -> tuple[str | None, str | None]:
        """Name and value of the credential that is configured for a deployment, in the contract's order; None where there is none."""
        written, where = parameters.get("api_key"), self._config.at(*path, "api_key") if path else "environment"
        variable: Final = named_variable(written)
        if variable is not None and not self._value(written):
            says: Final = f"{variable} is not set in this environment. (A secret manager that the proxy is configured with may have it.)"
            self.find(WARNING, where, says, f"Set {variable} where the proxy starts.")
        settings, section = self._config.section("litellm_settings"), "litellm_settings"
        anthropics: Final = (
            *((f"{section}: {name}", settings.get(name), section) for name in ("anthropic_key", "api_key")),
            *((name, f"os.environ/{name}", name) for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")),
        )
        own: Final = (variable or "its api_key", written, where)
        for name, value_written, place in (own, *(anthropics if provider in oauth.OAUTH_PROVIDERS else ())):
            if value := self._value(value_written):
                return f"{name} ({self._kind(provider, value, place)})", value
        if provider not in oauth.OAUTH_PROVIDERS:
            return "what it is configured with", None
        return "Workload Identity Federation" if self._environment.get("ANTHROPIC_FEDERATION_RULE_ID") else None, None

    def _kind(self, provider: str, value: str, where: str) -> str:
        try:
            token: Final = oauth.oauth_token(value)
        except oauth.InvalidTokenError as error:
            self.find(ERROR, where, str(error), "Put the token there in one line, and nothing else.")
            return "a malformed OAuth token"
        for prefix, (kind, reason) in _USELESS.items():
            if value.startswith(prefix):
                says = f"This is {kind}, which {reason}."
                self.find(ERROR, where, says, "Use an API key, or an OAuth token (sk-ant-oat...).")
                return kind
        if token and provider not in oauth.OAUTH_PROVIDERS:
            abroad: Final = f"An Anthropic OAuth token is configured for {provider}, and goes there."
            self.find(WARNING, where, abroad, "Configure a key of that provider's, unless it is a gateway for tokens.")
        return "an OAuth token" if token else "an API key" if value.startswith("sk-ant-api") else "a key"

    def _default_base(self) -> str | None:
        settings, names = self._config.section("litellm_settings"), ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL")
        return settings.get("api_base") or next(filter(None, map(self._environment.get, names)), None)

    def _value(self, written: object, *, is_secret: bool = True) -> str | None:
        """A setting's value as LiteLLM reads it, stripped; None where it is blank or not set."""
        variable: Final = named_variable(written)
        value: Final = written if variable is None else self._environment.get(variable)
        text: Final = value.strip() if isinstance(value, str) else ""
        return (self.secret(text) if is_secret else text) if text else None


def _provider(parameters: Mapping[str, Any]) -> str | None:
    """The provider that LiteLLM takes a deployment's model to; None where it finds none. A bare wildcard leaves it to each request."""
    if "*" in parameters["model"] and "/" not in parameters["model"] and not parameters.get("custom_llm_provider"):
        return _EACH_REQUESTS
    try:
        resolve: Final[Callable[..., tuple[object, ...]]] = litellm.get_llm_provider
        return str(resolve(model=parameters["model"], custom_llm_provider=parameters.get("custom_llm_provider"))[1])
    except litellm.BadRequestError:
        return None
