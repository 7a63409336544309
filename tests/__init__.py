"""The suites: `tests/fork` the tool, `tests/wire` what leaves the process, `tests/test_litellm` what goes upstream with the patch."""
