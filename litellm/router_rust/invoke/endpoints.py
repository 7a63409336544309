"""Where the Router takes a call: its caller's token is sealed before a hook, a filter or a fallback's callback is given the arguments.

Intent: privacy
Upstream: none yet
Remove when: the Router's hooks are given no credential.
"""

from litellm.litellm_core_utils.oauth_arguments import seal


def prepare_request(request):
    request = seal((), dict(request))[1]  # rebind-ok: what upstream goes on with
    ...
